from django.db import migrations, models


class Migration(migrations.Migration):
    """The calendar of staffing, whose rows are here by now."""

    dependencies = [("organization", "0001_initial"), ("staffing", "0004_calendar_moves")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="CalendarDay",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("date", models.DateField(unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("holiday", "Holiday"), ("makeup", "Make-up workday")], max_length=10
                            ),
                        ),
                        ("name", models.CharField(blank=True, max_length=40)),
                        ("source", models.CharField(max_length=200)),
                    ],
                    options={"verbose_name": "calendar day", "ordering": ["date"]},
                ),
            ],
        ),
    ]
