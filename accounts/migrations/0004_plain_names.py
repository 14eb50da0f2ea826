from django.db import migrations


class Migration(migrations.Migration):
    """Rename what the code renamed; every row is kept."""

    dependencies = [
        ('accounts', '0003_limits'),
    ]

    operations = [
        migrations.RenameField('limits', 'running', 'max_running'),
        migrations.RenameField('limits', 'waiting', 'max_queued'),
    ]
