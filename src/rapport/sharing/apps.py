from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "rapport.sharing"
    label = "sharing"
