from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "rapport.oversight"
    label = "oversight"
