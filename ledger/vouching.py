"""What may stand in for a high-water mark that is lost: never what the store says of itself.

Whatever the store and its keys can make is no evidence of how far the log had come: its own
checkpoint, its own export, a checkpoint under a key that is compromised. What is:

- more entries than the store holds, as this log signed them;
- where the policy names witnesses: a cosignature that the store does not hold itself, of a
  witness that the store knows to have cosigned this log before;
- where it names none: a checkpoint or a copy that somebody else kept, on the word of
  whoever vouches for that by name. The log says so for ever (``MarkMadeAnew``).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from ledger.entry import Actor
from ledger.errors import ExitCode, LedgerError, UnusableInput
from ledger.events.governance import MarkMadeAnew
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.cosigned import cosigned, last_size
from ledger.log.evidence import independent
from ledger.log.own_keys import checkpoint_keys
from ledger.log.verifier_key import VerifierKey
from ledger.node import Node
from ledger.organisations.decide import Acts
from ledger.organisations.registry import Registry


class CheckpointProvesNothing(LedgerError):
    code = "checkpoint_proves_nothing"
    exit_code = ExitCode.CHECK_FAILED
    en = "a checkpoint of no entries says nothing of how far the log had come; give a later one"
    zh_cn = "不含条目的检查点不能说明日志曾到何处；请给出更晚的检查点"
    zh_tw = "不含條目的檢查點不能說明日誌曾到何處；請給出更晚的檢查點"


class CheckpointOfCompromisedKey(LedgerError):
    code = "checkpoint_of_compromised_key"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the checkpoint of {size} entries is signed by keys that are declared compromised alone: "
        "it may be anybody's; give one that a later key signed"
    )
    zh_cn = "大小为 {size} 的检查点仅由已声明泄露的密钥签署，可能出自任何人；请给出由后续密钥签署的检查点"
    zh_tw = "大小為 {size} 的檢查點僅由已聲明洩露的金鑰簽署，可能出自任何人；請給出由後續金鑰簽署的檢查點"


class WitnessNeeded(LedgerError):
    code = "witness_needed"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing was changed: what was given could come from this store itself. Ask a witness "
        "of the policy that cosigned this log before: `credit-ledger witness request -o FILE`, "
        "let it cosign FILE, then `credit-ledger reconcile --against` its answer; or restore "
        "from a copy that holds more"
    )
    zh_cn = (
        "未作任何更改：所给内容可能出自本存储自身。请向策略中曾联署本日志的见证方求证："
        "`credit-ledger witness request -o 文件`，由其联署后，以其应答运行 "
        "`credit-ledger reconcile --against`；或从条目更多的副本恢复"
    )
    zh_tw = (
        "未作任何更改：所給內容可能出自本儲存自身。請向策略中曾聯署本日誌的見證方求證："
        "`credit-ledger witness request -o 檔案`，由其聯署後，以其應答執行 "
        "`credit-ledger reconcile --against`；或從條目更多的副本還原"
    )


class VoucherNeeded(UnusableInput):
    code = "voucher_needed"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing was changed: this node has no witness, and what was given could come from this "
        "store itself. If somebody else kept it, say who vouches for that: --vouched-by NAME; "
        "the log will say so"
    )
    zh_cn = (
        "未作任何更改：本节点没有见证方，而所给内容可能出自本存储自身。若确由他人保管，"
        "请注明由谁担保：--vouched-by 姓名；日志将予记载"
    )
    zh_tw = (
        "未作任何更改：本節點沒有見證方，而所給內容可能出自本儲存自身。若確由他人保管，"
        "請註明由誰擔保：--vouched-by 姓名；日誌將予記載"
    )


def require_good_signature(signed: SignedCheckpoint, registry: Registry) -> None:
    """That a key of this log signed it which nobody calls compromised.

    Raises ``CheckpointProvesNothing``, ``CheckpointOfCompromisedKey``, or what verifying a
    signature raises.
    """
    checkpoint, keys = signed.checkpoint, registry.node_keys
    if checkpoint.size == 0:
        raise CheckpointProvesNothing
    signed.verified(checkpoint_keys(keys.values(), checkpoint.origin))
    declared = registry.compromises_known().by_key
    good = checkpoint_keys(
        (key for key in keys.values() if key.keyid not in declared), checkpoint.origin
    )
    if not signed.note.verified_if_any(good):
        raise CheckpointOfCompromisedKey(size=checkpoint.size)


def require_word(node: Node, given: Iterable[SignedCheckpoint], voucher: str | None) -> bool:
    """That somebody else stands behind one of these checkpoints of the store's own tree.

    True where it is the word of ``voucher`` alone. Raises ``WitnessNeeded``, ``VoucherNeeded``.
    """
    keys = node.registry().node_keys.values()
    witnesses = independent(node.witnessing.policy.witness_keys, keys)
    if not witnesses:
        if voucher is None:
            raise VoucherNeeded
        return True
    if not any(_is_news(node, each, witnesses) for each in given):
        raise WitnessNeeded
    return False


def _is_news(node: Node, signed: SignedCheckpoint, witnesses: tuple[VerifierKey, ...]) -> bool:
    kept = {one.signature for one in cosigned(node.store, signed, witnesses).cosignatures}
    return any(
        one.signature not in kept and last_size(node.store, node.keeper.origin, one.key) > 0
        for one in signed.note.verified_if_any(witnesses)
    )


def enter_voucher(node: Node, signed: SignedCheckpoint, voucher: str, operator: str) -> None:
    """Let the log say on whose word it goes on. The mark is made already."""
    facts = MarkMadeAnew(
        size=signed.checkpoint.size,
        evidence=sha256(signed.to_bytes()).hexdigest(),
        vouched_by=voucher,
    )
    acts = Acts(node.registry(), Actor(node.name, operator))
    acts.on_node(facts, node.name)
    node.save(acts.events, node.today(), None)
