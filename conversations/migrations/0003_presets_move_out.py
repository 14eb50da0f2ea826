from django.db import migrations


class Migration(migrations.Migration):
    """Presets and prompt templates become models of ``presets``; their tables stay."""

    dependencies = [
        ('conversations', '0002_fallback'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name='Preset'),
                migrations.DeleteModel(name='PromptTemplate'),
            ],
        ),
    ]
