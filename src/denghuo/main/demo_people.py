"""The people of the demo station, shown on its sign-in page. Never made outside the demo."""

from dataclasses import dataclass

from django.utils.functional import Promise

from denghuo.apps.organization.models import Role

PASSWORD = "denghuo-demo"


@dataclass(frozen=True)
class Person:
    """Somebody a visitor can sign in as."""

    username: str
    name: str
    role_code: str

    @property
    def role(self) -> str | Promise:
        return Role(self.role_code).label


PEOPLE = (
    Person("dispatcher", "林晓岚", Role.DISPATCHER),
    Person("head", "周国平", Role.STATION_HEAD),
    Person("crew", "马立军", Role.CREW),
    Person("leader", "江月", Role.SHIFT_LEADER),
    Person("agent", "何小雨", Role.AGENT),
    Person("analyst", "苏文静", Role.ANALYST),
    Person("manager", "陈建新", Role.MANAGER),
    Person("admin", "顾一鸣", Role.ADMINISTRATOR),
)
