"""What the Subject refuses: each a typed error that says what was wrong and what to do."""

from __future__ import annotations

from ledger.errors import Refusal


class NotOpened(Refusal):
    code = "subject_not_opened"
    en = "nothing is held on this subject yet; name it with scheme, identifier and kind to open it"
    zh_cn = "尚无该信用主体的档案；请给出标识类型、标识和主体类别以建档"
    zh_tw = "尚無該信用主體的檔案；請給出標識類型、標識和主體類別以建檔"


class AlreadyOpened(Refusal):
    code = "subject_already_opened"
    en = "this subject is open already; nothing needs to be done"
    zh_cn = "该信用主体已建档，无需重复操作"
    zh_tw = "該信用主體已建檔，無需重複操作"


class UnknownId(Refusal):
    code = "unknown_id"
    en = "no {what} {id} is held on this subject; check the id"
    zh_cn = "该信用主体名下没有 {what} {id}；请核对编号"
    zh_tw = "該信用主體名下沒有 {what} {id}；請核對編號"


class WithoutRole(Refusal):
    code = "without_role"
    en = "{organisation} holds none of the roles {roles} on {day}; admit it with one first"
    zh_cn = "{organisation} 在 {day} 不具备所需角色（{roles}）；请先授予角色"
    zh_tw = "{organisation} 在 {day} 不具備所需角色（{roles}）；請先授予角色"


class NotYours(Refusal):
    code = "not_yours"
    en = "{organisation} may not do this: it is for {expected} to do"
    zh_cn = "{organisation} 无权执行此操作，应由 {expected} 执行"
    zh_tw = "{organisation} 無權執行此操作，應由 {expected} 執行"


class OutsideDirectory(Refusal):
    code = "outside_directory"
    en = "item {item} is not in the directory for a {kind} on {day}; it may not be collected"
    zh_cn = "{item} 在 {day} 不属于 {kind} 的征集目录，不得归集"
    zh_tw = "{item} 在 {day} 不屬於 {kind} 的徵集目錄，不得歸集"


class WiderThanDirectory(Refusal):
    code = "wider_than_directory"
    en = "item {item} of a {kind} is {widest} at most in the directory, not {publicity}"
    zh_cn = "目录中 {kind} 的 {item} 最多为 {widest}，不得设为 {publicity}"
    zh_tw = "目錄中 {kind} 的 {item} 最多為 {widest}，不得設為 {publicity}"


class UnknownExemption(Refusal):
    code = "unknown_exemption"
    en = "the rule pack knows no exemption {exemption} on {day}; use one of its codes"
    zh_cn = "规则包在 {day} 没有豁免事由 {exemption}；请使用其中的代码"
    zh_tw = "規則包在 {day} 沒有豁免事由 {exemption}；請使用其中的代碼"


class AnswerContradicts(Refusal):
    code = "answer_contradicts"
    en = (
        "the supplier answered objection {objection} that its record is wrong; "
        "it cannot be confirmed: withdraw or correct the record"
    )
    zh_cn = "信息提供单位已答复异议 {objection} 承认有误，不能予以确认；请撤销或更正"
    zh_tw = "資訊提供單位已答覆異議 {objection} 承認有誤，不能予以確認；請撤銷或更正"


class WithoutLegalBasis(Refusal):
    code = "without_legal_basis"
    en = "an adverse record needs a legal basis; give legal_basis"
    zh_cn = "不利信息必须有法律依据；请填写 legal_basis"
    zh_tw = "不利資訊必須有法律依據；請填寫 legal_basis"


class UnknownCategory(Refusal):
    code = "unknown_category"
    en = "category {category} is not one of the rule pack's; use its words"
    zh_cn = "类别“{category}”不在规则包中；请使用规则包中的类别"
    zh_tw = "類別「{category}」不在規則包中；請使用規則包中的類別"


class SubjectIsMinor(Refusal):
    code = "subject_is_minor"
    en = "the person was under {age} on {day}; nothing may be recorded of that day, or imposed for it"
    zh_cn = "该自然人在 {day} 未满 {age} 周岁，不得归集当日信息或据此实施惩戒"
    zh_tw = "該自然人在 {day} 未滿 {age} 歲，不得歸集當日資訊或據此實施懲戒"


class AgeUnknown(Refusal):
    code = "age_unknown"
    en = "the person's age cannot be established, so nothing may be imposed"
    zh_cn = "无法确认该自然人的年龄，不得实施惩戒"
    zh_tw = "無法確認該自然人的年齡，不得實施懲戒"


class SecondSource(Refusal):
    code = "second_source"
    en = "document {document_number} is held from {supplier} already; one item has one source"
    zh_cn = "文书 {document_number} 已由 {supplier} 提供；一数一源"
    zh_tw = "文書 {document_number} 已由 {supplier} 提供；一數一源"


class AlreadyRecorded(Refusal):
    code = "already_recorded"
    en = "document {document_number} is held already as record {record}; use a correction to change it"
    zh_cn = "文书 {document_number} 已归集（{record}）；如需更改请使用更正"
    zh_tw = "文書 {document_number} 已歸集（{record}）；如需更改請使用更正"


class DatedInFuture(Refusal):
    code = "dated_in_future"
    en = "{field} is {day}, after the day of recording {today}; a past fact cannot be dated ahead"
    zh_cn = "{field} 为 {day}，晚于记录日 {today}；已发生的事实不得写为将来日期"
    zh_tw = "{field} 為 {day}，晚於記錄日 {today}；已發生的事實不得寫為將來日期"


class EmptyInterval(Refusal):
    code = "empty_interval"
    en = "{from_field} {from_day} is not before {until_field} {until_day}; correct the two days"
    zh_cn = "{from_field} {from_day} 不早于 {until_field} {until_day}；请更正两个日期"
    zh_tw = "{from_field} {from_day} 不早於 {until_field} {until_day}；請更正兩個日期"


class BeforeItsCause(Refusal):
    code = "before_its_cause"
    en = "{field} {day} is before {cause} {cause_day}; correct the day"
    zh_cn = "{field} {day} 早于 {cause} {cause_day}；请更正日期"
    zh_tw = "{field} {day} 早於 {cause} {cause_day}；請更正日期"


class ForbiddenData(Refusal):
    code = "forbidden_data"
    en = "the narrative holds data that may not be collected: {found}; take it out"
    zh_cn = "内容含有禁止归集的信息：{found}；请删除后重新提交"
    zh_tw = "內容含有禁止歸集的資訊：{found}；請刪除後重新提交"


class OutsideMeasuresList(Refusal):
    code = "outside_measures_list"
    en = "measure {measure} is not in the measures list on {day}; it may not be imposed"
    zh_cn = "措施 {measure} 在 {day} 不在惩戒措施清单内，不得实施"
    zh_tw = "措施 {measure} 在 {day} 不在懲戒措施清單內，不得實施"


class RestsOnNothing(Refusal):
    code = "rests_on_nothing"
    en = "a sanction rests on at least one record; name its records"
    zh_cn = "惩戒必须以至少一条信用信息为依据；请列出 records"
    zh_tw = "懲戒必須以至少一條信用資訊為依據；請列出 records"


class RecordCannotBear(Refusal):
    code = "record_cannot_bear"
    en = "record {record} is {state}; no sanction may rest on it"
    zh_cn = "信用信息 {record} 处于 {state} 状态，不得作为惩戒依据"
    zh_tw = "信用資訊 {record} 處於 {state} 狀態，不得作為懲戒依據"


class TierBearsNoSanction(Refusal):
    code = "tier_bears_no_sanction"
    en = "a record of tier {tier} does not bear measure {measure} (record {record})"
    zh_cn = "{tier} 等级的信用信息不得适用措施 {measure}（{record}）"
    zh_tw = "{tier} 等級的信用資訊不得適用措施 {measure}（{record}）"


class NoticeNotServed(Refusal):
    code = "notice_not_served"
    en = "the subject was not told of record {record} by {day}; serve the notice first"
    zh_cn = "截至 {day} 尚未就信用信息 {record} 告知信用主体；请先告知"
    zh_tw = "截至 {day} 尚未就信用資訊 {record} 告知信用主體；請先告知"


class ApprovalMissing(Refusal):
    code = "approval_missing"
    en = "measure {measure} needs the approval of a second person; give approved_by"
    zh_cn = "措施 {measure} 需经第二人批准；请填写 approved_by"
    zh_tw = "措施 {measure} 需經第二人核准；請填寫 approved_by"


class TooLong(Refusal):
    code = "too_long"
    en = "measure {measure} may last {months} months at most: until {latest}, not {ends_on}"
    zh_cn = "措施 {measure} 最长 {months} 个月，即至 {latest}，不得至 {ends_on}"
    zh_tw = "措施 {measure} 最長 {months} 個月，即至 {latest}，不得至 {ends_on}"


class AlreadyEnded(Refusal):
    code = "already_ended"
    en = "{what} {id} is {state} already; nothing was changed"
    zh_cn = "{what} {id} 已处于 {state} 状态，未作更改"
    zh_tw = "{what} {id} 已處於 {state} 狀態，未作更改"


class ObjectionOpen(Refusal):
    code = "objection_open"
    en = "objection {objection} to record {record} is open; the sanction stays suspended"
    zh_cn = "对信用信息 {record} 的异议 {objection} 尚未办结，惩戒继续暂停"
    zh_tw = "對信用資訊 {record} 的異議 {objection} 尚未辦結，懲戒繼續暫停"


class NotConfirmed(Refusal):
    code = "not_confirmed"
    en = "no rejected objection confirms the records of sanction {sanction}; it cannot be resumed"
    zh_cn = "惩戒 {sanction} 所依据的信用信息未获确认（异议驳回），不得恢复执行"
    zh_tw = "懲戒 {sanction} 所依據的信用資訊未獲確認（異議駁回），不得恢復執行"


class ObjectedAlready(Refusal):
    code = "objected_already"
    en = "objection {objection} of the same party to record {record} is open already"
    zh_cn = "同一方对信用信息 {record} 的异议 {objection} 尚在办理中"
    zh_tw = "同一方對信用資訊 {record} 的異議 {objection} 尚在辦理中"


class NotARepeat(Refusal):
    code = "not_a_repeat"
    en = "{repeats} is no rejected objection to record {record}; leave repeats out"
    zh_cn = "{repeats} 不是对信用信息 {record} 已驳回的异议；请勿填写 repeats"
    zh_tw = "{repeats} 不是對信用資訊 {record} 已駁回的異議；請勿填寫 repeats"


class RepairTooEarly(Refusal):
    code = "repair_too_early"
    en = "record {record} may be repaired from {earliest}, not on {day}"
    zh_cn = "信用信息 {record} 自 {earliest} 起方可修复，{day} 尚不可"
    zh_tw = "信用資訊 {record} 自 {earliest} 起方可修復，{day} 尚不可"


class RepairUnmet(Refusal):
    code = "repair_conditions_unmet"
    en = "conditions of the repair are unmet: {unmet}"
    zh_cn = "信用修复条件未满足：{unmet}"
    zh_tw = "信用修復條件未滿足：{unmet}"


class NothingToCorrect(Refusal):
    code = "nothing_to_correct"
    en = "the correction changes nothing of record {record}"
    zh_cn = "更正未改变信用信息 {record} 的任何内容"
    zh_tw = "更正未改變信用資訊 {record} 的任何內容"


class UncorrectableField(Refusal):
    code = "uncorrectable_field"
    en = "{field} of record {record} cannot be corrected so: {why}"
    zh_cn = "信用信息 {record} 的 {field} 不能这样更正：{why}"
    zh_tw = "信用資訊 {record} 的 {field} 不能這樣更正：{why}"


class NotSealable(Refusal):
    code = "not_sealable"
    en = "{event} has no sealed field {field}; it may seal: {allowed}"
    zh_cn = "{event} 没有可封存字段 {field}；可封存：{allowed}"
    zh_tw = "{event} 沒有可封存欄位 {field}；可封存：{allowed}"


class UnderHold(Refusal):
    code = "under_hold"
    en = "hold {hold} of {authority} forbids erasing this; ask the authority to release it"
    zh_cn = "{authority} 的保全 {hold} 禁止删除；请先申请解除保全"
    zh_tw = "{authority} 的保全 {hold} 禁止刪除；請先申請解除保全"


class NothingToErase(Refusal):
    code = "nothing_to_erase"
    en = "name the records, persons or the subject itself whose data is to be erased"
    zh_cn = "请指明要删除其数据的信用信息、人员或主体本身"
    zh_tw = "請指明要刪除其資料的信用資訊、人員或主體本身"


class OrganisationsOnly(Refusal):
    code = "organisations_only"
    en = "this is recorded for organisations only, never for a natural person"
    zh_cn = "此项仅适用于组织，不适用于自然人"
    zh_tw = "此項僅適用於組織，不適用於自然人"


class HasRecordsOfItsOwn(Refusal):
    code = "has_records_of_its_own"
    en = (
        "the new code belongs to a subject with records of its own; withdraw the record "
        "(wrong_subject) and collect it anew"
    )
    zh_cn = "新代码属于已有信用信息的主体；请撤销（wrong_subject）后重新归集"
    zh_tw = "新代碼屬於已有信用資訊的主體；請撤銷（wrong_subject）後重新歸集"


class UnknownOrganisation(Refusal):
    code = "unknown_organisation"
    en = "{organisation} is not admitted at this node; admit it first"
    zh_cn = "{organisation} 尚未接入本节点；请先接入"
    zh_tw = "{organisation} 尚未接入本節點；請先接入"
