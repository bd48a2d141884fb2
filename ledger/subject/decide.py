"""From a command to its decision: one table, so that no command is without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.commands import subject_commands as commands
from ledger.commands.base import Command
from ledger.subject import decide_corrections as corrections
from ledger.subject import decide_disputes as disputes
from ledger.subject import decide_records as records
from ledger.subject import decide_reports as reports
from ledger.subject import decide_sanctions as sanctions
from ledger.subject import decide_subject as subjects
from ledger.subject.aggregate import Subject
from ledger.subject.collecting import collect_record
from ledger.subject.context import Context

Decision = Callable[[Subject, Any, Context], str | None]


def _collect(subject: Subject, command: commands.CollectRecord, context: Context) -> str:
    return collect_record(subject, command, context).record


DECISIONS: dict[type[Command], Decision] = {
    commands.CollectRecord: _collect,
    commands.ServeNotice: records.serve_notice,
    commands.CorrectRecord: corrections.correct_record,
    commands.WithdrawRecord: records.withdraw_record,
    commands.MendRecord: records.mend_record,
    commands.PublishRecord: records.publish_record,
    commands.EndPublication: records.end_publication,
    commands.GiveConsent: records.give_consent,
    commands.WithdrawConsent: records.withdraw_consent,
    commands.ImposeSanction: sanctions.impose_sanction,
    commands.ResumeSanction: sanctions.resume_sanction,
    commands.LiftSanction: sanctions.lift_sanction,
    commands.ReportEnforcement: sanctions.report_enforcement,
    commands.RuleSanctionWrongful: sanctions.rule_sanction_wrongful,
    commands.ReverseRuling: sanctions.reverse_ruling,
    commands.MakeRestitution: sanctions.make_restitution,
    commands.GrantIncentive: sanctions.grant_incentive,
    commands.EndIncentive: sanctions.end_incentive,
    commands.MakeCommitment: sanctions.make_commitment,
    commands.KeepCommitment: sanctions.settle_commitment,
    commands.BreakCommitment: sanctions.settle_commitment,
    commands.RecordRating: sanctions.record_rating,
    commands.FileObjection: disputes.file_objection,
    commands.AnswerObjection: disputes.answer_objection,
    commands.DecideObjection: disputes.decide_objection,
    commands.RequestRepair: disputes.request_repair,
    commands.AcceptRepair: disputes.accept_repair,
    commands.DecideRepair: disputes.decide_repair,
    commands.FileComplaint: disputes.file_complaint,
    commands.DecideComplaint: disputes.decide_complaint,
    commands.LinkSubject: subjects.link_subject,
    commands.UnlinkSubject: subjects.unlink_subject,
    commands.PlaceHold: subjects.place_hold,
    commands.ReleaseHold: subjects.release_hold,
    commands.AttachReport: reports.attach_report,
}
"""All but those that concern more than one stream or the data keys (``ledger.node``)."""


def decide(subject: Subject, command: Command, context: Context) -> str | None:
    """Add the command's events to ``subject``, or raise the refusal; the id it created.

    A decision refuses before it triggers its first event: what it raises changes nothing.
    """
    context.require_role(command.roles)
    subject.require_open()
    return DECISIONS[type(command)](subject, command, context)
