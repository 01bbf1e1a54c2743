import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="switchingoperation",
            index=models.Index(fields=["network", "operated_at"], name="operation_by_time"),
        ),
        migrations.AddField(
            model_name="network",
            name="log_key",
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
        migrations.AddField(
            model_name="network",
            name="model_key",
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
    ]
