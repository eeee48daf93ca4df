from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "rapport.exchange"
    label = "exchange"
