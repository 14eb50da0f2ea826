from django.apps import AppConfig


class AccountDataConfig(AppConfig):
    name = "account_data"
