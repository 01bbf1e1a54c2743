from django.db import migrations


class Migration(migrations.Migration):
    """The calendar becomes the organization's: its rows stay where they are, under the other name."""

    dependencies = [("staffing", "0003_rule_words")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("CalendarDay", "organization_calendarday")],
            state_operations=[migrations.DeleteModel("CalendarDay")],
        ),
    ]
