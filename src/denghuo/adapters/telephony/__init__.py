"""Calls from telephone exchanges: logs, streams of events and tables, read into one vocabulary.

Asterisk's queue log (:func:`read_queue_log`) and manager events (:func:`read_ami_trace`, :func:`listen`), FreeSWITCH's
call centre (:func:`read_freeswitch_events`, :func:`listen_freeswitch`) and tables of calls of any exchange
(:func:`read_calls`). What was read twice is put together by :func:`merge_calls`.
"""

from denghuo.adapters.telephony.ami import read_ami_trace
from denghuo.adapters.telephony.call_templates import COMMON, CallTemplate
from denghuo.adapters.telephony.csv_calls import read_calls
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.freeswitch import read_freeswitch_events
from denghuo.adapters.telephony.freeswitch_live import listen_freeswitch
from denghuo.adapters.telephony.glimpses import Glimpse, glimpse
from denghuo.adapters.telephony.instants import believable
from denghuo.adapters.telephony.live import LiveBatch, listen
from denghuo.adapters.telephony.merging import merge_calls
from denghuo.adapters.telephony.queue_log import read_queue_log
from denghuo.adapters.telephony.records import (
    AgentEvent,
    AgentEventKind,
    AgentState,
    AgentStatus,
    CallOutcome,
    CallRecord,
    EventCount,
    LiveSnapshot,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    TelephonyProblem,
    Unknowable,
    WaitingCaller,
)
from denghuo.adapters.telephony.template_files import (
    TemplateError,
    TemplateFlaw,
    TemplateProblem,
    read_template,
    template_data,
    template_of,
    template_text,
)

__all__ = [
    "COMMON",
    "AgentEvent",
    "AgentEventKind",
    "AgentState",
    "AgentStatus",
    "CallOutcome",
    "CallRecord",
    "CallTemplate",
    "EventCount",
    "Finding",
    "Glimpse",
    "LiveBatch",
    "LiveSnapshot",
    "TelephonyCode",
    "TelephonyError",
    "TelephonyLog",
    "TelephonyProblem",
    "TemplateError",
    "TemplateFlaw",
    "TemplateProblem",
    "Unknowable",
    "WaitingCaller",
    "believable",
    "glimpse",
    "listen",
    "listen_freeswitch",
    "merge_calls",
    "read_ami_trace",
    "read_calls",
    "read_freeswitch_events",
    "read_queue_log",
    "read_template",
    "template_data",
    "template_of",
    "template_text",
]
