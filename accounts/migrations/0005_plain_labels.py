from django.db import migrations, models


class Migration(migrations.Migration):
    """Change the labels of choices, which pages show; the database stays as it is."""

    dependencies = [
        ('accounts', '0004_plain_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('signed_up', 'Account created'), ('signed_in', 'Signed in'), ('sign_in_failed', 'Sign-in failed'), ('signed_out', 'Signed out'), ('password_changed', 'Password changed'), ('email_changed', 'Email address changed'), ('second_factor_changed', 'Two-factor authentication changed'), ('token_created', 'API token created'), ('token_deleted', 'API token deleted'), ('key_set', 'Key set'), ('key_first_used', 'Key used for the first time'), ('key_deleted', 'Key deleted'), ('endpoint_changed', 'Endpoint changed'), ('exported', 'Data exported'), ('imported', 'Data imported'), ('account_deleted', 'Account deleted')], max_length=32),
        ),
        migrations.AlterField(
            model_name='limits',
            name='priority',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(0, 'Before others'), (3, 'Default'), (6, 'After others')], null=True),
        ),
    ]
