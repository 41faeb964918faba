from letpass.api.decided import Decision as Decision
from letpass.api.decided import judge as judge
from letpass.api.gate import FrozenGate as FrozenGate
from letpass.api.gate import Gate as Gate
from letpass.api.reading import load_policies as load_policies
from letpass.api.reading import parse_policies as parse_policies
from letpass.api.reading import parse_record as parse_record
from letpass.api.reading import storable as storable
from letpass.api.writing import write_record as write_record
from letpass.capture import capture_environment as capture_environment
from letpass.capture import seed_everything as seed_everything
from letpass.diagnostics import ArtifactError as ArtifactError
from letpass.diagnostics import CaseError as CaseError
from letpass.diagnostics import CommitError as CommitError
from letpass.diagnostics import Diagnostic as Diagnostic
from letpass.diagnostics import InvalidError as InvalidError
from letpass.diagnostics import LedgerError as LedgerError
from letpass.diagnostics import LetpassError as LetpassError
from letpass.diagnostics import PolicyError as PolicyError
from letpass.diagnostics import RecordError as RecordError
from letpass.diagnostics import RegistryError as RegistryError
from letpass.diagnostics import ScaffoldError as ScaffoldError
from letpass.diagnostics import SettingsError as SettingsError
from letpass.diagnostics import ShardError as ShardError
from letpass.diagnostics import Source as Source
from letpass.diagnostics import StatementError as StatementError
from letpass.diagnostics import TrustError as TrustError
from letpass.diagnostics import UnreachableError as UnreachableError
from letpass.diagnostics import render as render
from letpass.evaluation.decision import Outcome as Outcome
from letpass.evaluation.decision import PolicyResult as PolicyResult
from letpass.evaluation.decision import RuleResult as RuleResult
from letpass.evaluation.decision import Verdict as Verdict
from letpass.evaluation.verdicts import Answer as Answer
from letpass.evidence.fairlearn import save_metric_frame as save_metric_frame
from letpass.evidence.objects import record_from as record_from
from letpass.facts.record import Holder as Holder
from letpass.facts.record import Record as Record
from letpass.facts.values import date as date
from letpass.facts.values import moment as moment
from letpass.gate.judgement import EnginesDifferError as EnginesDifferError
from letpass.gate.judgement import replay as replay
from letpass.move import DEPLOYMENT as DEPLOYMENT
from letpass.move import REGISTRATION as REGISTRATION
from letpass.move import REVIEW as REVIEW
from letpass.move import Move as Move
from letpass.move import Stage as Stage
from letpass.move import promotion as promotion
from letpass.move import rollback as rollback
from letpass.project.policyset import PolicySet as PolicySet
from letpass.registries.interface import Found as Found
from letpass.registries.references import find_records as find_records
from letpass.trust.accepted import Accepted as Accepted
from letpass.trust.accepted import Signoff as Signoff

__all__ = [
    "DEPLOYMENT",
    "REGISTRATION",
    "REVIEW",
    "Accepted",
    "Answer",
    "ArtifactError",
    "CaseError",
    "CommitError",
    "Decision",
    "Diagnostic",
    "EnginesDifferError",
    "Found",
    "FrozenGate",
    "Gate",
    "Holder",
    "InvalidError",
    "LedgerError",
    "LetpassError",
    "Move",
    "Outcome",
    "PolicyError",
    "PolicyResult",
    "PolicySet",
    "Record",
    "RecordError",
    "RegistryError",
    "RuleResult",
    "ScaffoldError",
    "SettingsError",
    "ShardError",
    "Signoff",
    "Source",
    "Stage",
    "StatementError",
    "TrustError",
    "UnreachableError",
    "Verdict",
    "__version__",
    "capture_environment",
    "date",
    "find_records",
    "judge",
    "load_policies",
    "moment",
    "parse_policies",
    "parse_record",
    "promotion",
    "record_from",
    "render",
    "replay",
    "rollback",
    "save_metric_frame",
    "seed_everything",
    "storable",
    "write_record",
]
__version__: str
