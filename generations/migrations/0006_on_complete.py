from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("generations", "0005_worker_of_a_claim")]

    operations = [migrations.RenameField("run", "on_complete_task", "on_complete")]
