// The page's own words: English, Simplified Chinese (the mainland's), Traditional (Taiwan's).

export const WORDS = {
  title: ["Verifier of the credit ledger", "信用账本核验页", "信用帳本驗證頁"],
  lead: [
    "Checks, on this device alone, what a node of the credit ledger gave out. Nothing is sent anywhere: this page is a single file, needs no network and may ask for none.",
    "在本机核验信用账本各节点出具的文件。本页为单个文件，不需要也不允许联网，任何内容都不会外传。",
    "在本機驗證信用帳本各節點出具的檔案。本頁為單一檔案，不需要也不允許連線，任何內容都不會外傳。",
  ],
  language: ["Language", "语言", "語言"],
  step_trust: ["1. Whom you trust", "一、您信任谁", "一、您信任誰"],
  trust_help: [
    "A trust file, or a trust list signed by its governors. Get it from somebody you rely on, not from the sender of what you verify.",
    "信任文件，或经治理方签名的信任列表。请向您信赖的一方索取，不要使用待核验文件的发送方所附的。",
    "信任檔案，或經治理方簽名的信任列表。請向您信賴的一方索取，不要使用待驗證檔案的發送方所附的。",
  ],
  step_files: ["2. What is to be verified", "二、要核验什么", "二、要驗證什麼"],
  files_help: [
    "A bundle, notice, acknowledgement, status, receipt or refusal; a checkpoint; an entry; or a .tlog-proof together with its entry.",
    "共享包、更正通知、更正确认、执行情况、回执或拒收；检查点；条目；或 .tlog-proof 证明连同其条目。",
    "共享包、更正通知、更正確認、執行情況、回執或拒收；檢查點；條目；或 .tlog-proof 證明連同其條目。",
  ],
  drop: ["Choose, or drop files anywhere on this page", "选择文件，或将文件拖到本页任意处", "選擇檔案，或將檔案拖到本頁任意處"],
  choose_trust: ["Trust file or list", "信任文件或信任列表", "信任檔案或信任列表"],
  choose_files: ["Files to verify", "待核验文件", "待驗證檔案"],
  waiting_trust: ["Choose whom you trust to see a verdict.", "请选择信任文件，之后方可核验。", "請選擇信任檔案，之後方可驗證。"],
  working: ["Verifying", "正在核验", "正在驗證"],
  verified_so_far: ["entries verified", "条目已核验", "條目已驗證"],
  failed: [
    "The page could not finish: this says nothing about the file. Details:",
    "本页未能完成核验：这不说明文件本身有任何问题。详情：",
    "本頁未能完成驗證：這不說明檔案本身有任何問題。詳情：",
  ],
  print: ["Print", "打印", "列印"],
  result: ["Result", "核验结果", "驗證結果"],
  VALID: ["Valid", "有效", "有效"],
  VALID_HISTORICAL: ["Valid, under a key that is no longer in use", "有效（所用密钥现已停用）", "有效（所用金鑰現已停用）"],
  INDETERMINATE: ["Cannot be told", "无法判定", "無法判定"],
  INVALID: ["Not valid", "无效", "無效"],
  means_VALID: [
    "The signatures and proofs hold by the trust file you gave. That is no statement that what was recorded is true.",
    "依您所给的信任文件，签名与证明均成立。这并不表示所记载的内容属实。",
    "依您所給的信任檔案，簽名與證明均成立。這並不表示所記載的內容屬實。",
  ],
  means_VALID_HISTORICAL: [
    "It held when it was made, and independent evidence or the key's own period says so.",
    "作出时有效，并有独立证据或密钥自身的有效期为证。",
    "作出時有效，並有獨立證據或金鑰自身的有效期為證。",
  ],
  means_INDETERMINATE: [
    "What you gave does not suffice for an answer. Do not act on the file as if it were verified.",
    "所给材料不足以得出结论，请勿将该文件视为已核验。",
    "所給材料不足以得出結論，請勿將該檔案視為已驗證。",
  ],
  means_INVALID: [
    "Something is wrong with the file. Do not use it; ask its sender for the original.",
    "文件存在问题，请勿使用，并向发送方索取原件。",
    "檔案存在問題，請勿使用，並向發送方索取原件。",
  ],
  reason: ["Reason", "理由代码", "理由代碼"],
  file: ["File", "文件", "檔案"],
  digest: ["SHA-256 of the file", "文件的 SHA-256", "檔案的 SHA-256"],
  kind: ["Kind", "类型", "類型"],
  kind_bundle: ["bundle", "共享包", "共享包"],
  kind_notice: ["notice of a correction", "更正通知", "更正通知"],
  kind_acknowledgement: ["acknowledgement", "更正确认", "更正確認"],
  "kind_enforcement-status": ["enforcement status", "执行情况", "執行情況"],
  kind_receipt: ["receipt", "回执", "回執"],
  kind_refusal: ["refusal", "拒收", "拒收"],
  kind_checkpoint: ["checkpoint", "检查点", "檢查點"],
  kind_entry: ["entry", "条目", "條目"],
  kind_proof: ["inclusion proof", "包含证明", "包含證明"],
  kind_statement: ["statement of a history or of liability", "历史或责任声明", "歷史或責任聲明"],
  about: ["What it says of itself", "文件自述", "檔案自述"],
  member: ["Item", "项目", "項目"],
  value: ["Content", "内容", "內容"],
  sender: ["Sender", "发送方", "發送方"],
  recipient: ["Recipient", "接收方", "接收方"],
  issued_at: ["Issued at", "签发时刻", "簽發時刻"],
  expires_at: ["Expires at", "到期时刻", "到期時刻"],
  purpose: ["Purpose", "用途", "用途"],
  legal_basis: ["Legal basis", "法律依据", "法律依據"],
  jurisdictions: ["Regions", "地区", "地區"],
  sequence: ["Sequence", "序号", "序號"],
  clock: ["Clock", "时钟", "時鐘"],
  act: ["Act", "行为", "行為"],
  required: ["Asked of the recipient", "对接收方的要求", "對接收方的要求"],
  due_on: ["Due on", "期限", "期限"],
  record: ["Record", "信用信息", "信用資訊"],
  notice: ["Notice", "通知", "通知"],
  verdict: ["Answer", "答复", "答覆"],
  sanction: ["Sanction", "惩戒措施", "懲戒措施"],
  enforcer: ["Enforcer", "实施部门", "實施部門"],
  state: ["State", "状态", "狀態"],
  reported_on: ["Reported on", "报告日期", "報告日期"],
  received_at: ["Received at", "接收时刻", "接收時刻"],
  refused_at: ["Refused at", "拒收时刻", "拒收時刻"],
  id: ["Message", "消息编号", "訊息編號"],
  trust_list: ["Trust list of the sender", "发送方所依据的信任列表", "發送方所依據的信任列表"],
  records: ["Records", "信用信息", "信用資訊"],
  subject: ["Subject", "信用主体", "信用主體"],
  item: ["Item of the directory", "目录项目", "目錄項目"],
  document: ["Document", "文书号", "文書號"],
  organ: ["Decided by", "作出机关", "作出機關"],
  decided_on: ["Decided on", "决定日期", "決定日期"],
  path: ["Passed", "经过节点", "經過節點"],
  outcome: ["Verdict", "结论", "結論"],
  details: ["Details", "详情", "詳情"],
  undisclosed: ["not disclosed", "未披露", "未揭露"],
  corrected: ["as corrected", "已按更正", "已按更正"],
  disclosed: ["Disclosed, and proved by commitment", "已披露，并经承诺证明", "已揭露，並經承諾證明"],
  cells: ["The supplier's row", "信息提供单位的原始行", "資訊提供單位的原始列"],
  facts: ["Facts", "事实", "事實"],
  entries_named: ["Entries it rests on", "所依据的条目", "所依據的條目"],
  signatures: ["Signatures of the message", "消息的签名", "訊息的簽名"],
  key: ["Key", "密钥", "金鑰"],
  node: ["Node", "节点", "節點"],
  signature: ["Signature", "签名", "簽名"],
  holds: ["holds", "成立", "成立"],
  fails: ["fails", "不成立", "不成立"],
  unknown: ["key not known", "密钥未知", "金鑰未知"],
  unchecked: ["not checked", "未核验", "未驗證"],
  log_of: ["Log of node", "节点日志", "節點日誌"],
  log: ["Log", "日志", "日誌"],
  size: ["Size", "大小", "大小"],
  root: ["Root hash", "根散列", "根雜湊"],
  consistency: [
    "Proof of growth from size",
    "自该大小起的增长证明",
    "自該大小起的增長證明",
  ],
  consistency_note: [
    "to be held against the checkpoint of that size, by whoever has it",
    "由持有该大小检查点者比对",
    "由持有該大小檢查點者比對",
  ],
  checkpoint_lines: ["Signatures of the checkpoint", "检查点的签名", "檢查點的簽名"],
  signer: ["Signer", "签名方", "簽名方"],
  role: ["Role", "角色", "角色"],
  own_log: ["the log itself", "日志自身", "日誌自身"],
  witness: ["witness", "见证方", "見證方"],
  seen_at: ["Seen at", "见证时刻", "見證時刻"],
  entries: ["Entries", "条目", "條目"],
  index: ["Index", "位置", "位置"],
  event: ["Event", "事件", "事件"],
  recorded_at: ["Recorded at", "记录时刻", "記錄時刻"],
  proof: ["Proof", "证明", "證明"],
  submissions: ["Submissions of suppliers", "信息提供单位的提交清单", "資訊提供單位的提交清單"],
  manifest: ["Manifest", "清单摘要", "清單摘要"],
  actor: ["Who did it", "行为人", "行為人"],
  sealed: ["Sealed fields", "密封字段", "密封欄位"],
  supplier: ["Supplier", "信息提供单位", "資訊提供單位"],
  attested_by: ["Signed by", "签署方", "簽署方"],
  by_supplier: ["the supplier", "信息提供单位", "資訊提供單位"],
  by_registrar: ["the node", "节点", "節點"],
  inside: ["Message inside", "内嵌消息", "內嵌訊息"],
  more: ["Show more", "显示更多", "顯示更多"],
  trust_good: ["Trust file in use", "正在使用的信任文件", "正在使用的信任檔案"],
  trust_bad: ["This trust file cannot be used", "该信任文件无法使用", "該信任檔案無法使用"],
  version: ["Version", "版本", "版本"],
  nodes: ["Nodes", "节点", "節點"],
  governed: ["Signed by governors", "治理方签名", "治理方簽名"],
  not_governed: ["nobody: a plain file, your own word", "无：普通文件，由您自行认定", "無：普通檔案，由您自行認定"],
  of: ["of at least", "，至少需", "，至少需"],
  list_digest: ["Digest of the list", "列表摘要", "列表摘要"],
  compare: [
    "Compare the digest with what its governors publish: who they are, this page cannot know.",
    "请将摘要与治理方公布的比对：本页无从得知治理方为何人。",
    "請將摘要與治理方公布的比對：本頁無從得知治理方為何人。",
  ],
  keys: ["Keys", "密钥", "金鑰"],
  purposes: ["For", "用途", "用途"],
  validity: ["Valid", "有效期", "有效期"],
  status: ["Status", "状态", "狀態"],
  limits: ["What this page does not say", "本页不说明的事项", "本頁不說明的事項"],
  limit_statements: [
    "Statements of a history or of liability, and printed reports, are not verified here (reason kind_not_verified): use credit-ledger verify.",
    "历史声明、责任声明和打印的报告不在此核验（理由代码 kind_not_verified）：请使用 credit-ledger verify。",
    "歷史聲明、責任聲明和列印的報告不在此驗證（理由代碼 kind_not_verified）：請使用 credit-ledger verify。",
  ],
  limit_truth: [
    "A log proves what was said and when, not that it was true. A sender may have left out an act that came later.",
    "日志证明何时记载了什么，不证明所载属实。发送方可能未列示之后的行为。",
    "日誌證明何時記載了什麼，不證明所載屬實。發送方可能未列示之後的行為。",
  ],
  limit_clock: [
    "There is no clock here: an expired bundle or list is no fault. Look at the dates.",
    "本页不使用时钟：已到期的共享包或列表不视为错误，请自行核对日期。",
    "本頁不使用時鐘：已到期的共享包或列表不視為錯誤，請自行核對日期。",
  ],
  limit_persons: [
    "The id of a natural person rests on the word of its node.",
    "自然人的标识以其节点所称为准。",
    "自然人的識別碼以其節點所稱為準。",
  ],
  library: [
    "Signatures are checked by libsodium, which is part of this file.",
    "签名由本文件内含的 libsodium 核验。",
    "簽名由本檔案內含的 libsodium 驗證。",
  ],
};

const LANGUAGES = ["en", "zh-CN", "zh-TW"];

/** The page's language for what the browser asks for. */
export function languageFor(wishes) {
  for (const wish of wishes) {
    const one = wish.toLowerCase();
    if (/^zh\b.*(hant|tw|hk|mo)/.test(one)) return "zh-TW";
    if (/^zh\b/.test(one)) return "zh-CN";
    if (/^en\b/.test(one)) return "en";
  }
  return "en";
}

export const word = (name, language) => WORDS[name][LANGUAGES.indexOf(language)];

const TRADITIONAL = Object.fromEntries(
  ("个個 删刪 体體 诺諾 动動 询詢 采採 复復 决決 关關 联聯 执執 励勵 钥鑰 启啟 泄洩 档檔 异異 议議 处處 " +
    "归歸 誉譽 惩懲 馈饋 诉訴 绝絕 销銷 时時 钟鐘 变變 确確 认認 暂暫 机機 构構 记記 实實 终終 请請 绑綁 " +
    "节節 点點 规規 则則 评評 价價 违違 错錯 码碼 误誤 标標 权權 复復")
    .split(" ")
    .map((pair) => [...pair]),
);

/** A term of the ledger, which are written in Simplified Chinese. */
export const term = (text, language) =>
  language === "zh-TW" ? [...text.replace("密钥", "金钥")].map((sign) => TRADITIONAL[sign] ?? sign).join("") : text;
