"""The report's style: one for a desk, for a phone, and for A4. Pure.

Nothing is fetched: the fonts are whatever the reader has. Texts have a contrast of at least
4.5 to what lies behind them.
"""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:14px/1.5 "Noto Sans CJK SC","Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;
 color:#1a1a1a;background:#fff;max-width:1032px;margin:24px auto;padding:0 16px}
:lang(zh-TW){font-family:"Noto Sans CJK TC","Noto Sans TC","Microsoft JhengHei","PingFang TC",sans-serif}
h1{font-size:22px;line-height:1.3;margin:0 0 4px}
h2{font-size:17px;margin:26px 0 8px;border-bottom:1px solid #999}
h1 small,h2 small{font-weight:normal;color:#444;margin-left:.6em}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #aaa;padding:4px 8px;text-align:left;vertical-align:top}
th{background:#f0f2f5;font-weight:600}.cards tbody th{background:none}.cards .total th{background:#f0f2f5}
th small,td small{display:block;color:#444;font-weight:normal}
.facts{margin-top:10px}.facts th{width:34%}.facts th small{display:inline;margin-left:.6em}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.id{font-family:ui-monospace,Consolas,"DejaVu Sans Mono",monospace;font-size:12px;
 overflow-wrap:anywhere}
.long{overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:0}
.line td{border-bottom:0}.proof td{border-top:0;color:#333}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:0 24px;overflow-wrap:anywhere}
.sides p,.sides li{margin:2px 0}.sides ul{margin:0;padding-left:1.3em}
.drawing div{overflow-x:auto;border:1px solid #ccc}
svg{display:block;width:100%;min-width:860px;height:auto}
@media screen and (max-width:640px){
 body{margin:12px auto;padding:0 12px}
 h1 small{display:block;margin:0}.sides{grid-template-columns:1fr}
 .sides div+div{color:#444;margin-bottom:4px}
 .facts th{width:42%}.facts th small{display:block;margin:0}.facts td{overflow-wrap:anywhere}
 .cards,.cards tbody,.cards tr,.cards td,.cards th{display:block}
 .cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
 .cards tr{border:1px solid #aaa;margin:0 0 10px;padding:4px 0}
 .cards td,.cards th{border:0;overflow-wrap:anywhere;padding:2px 10px}
 .cards [data-label]{display:grid;grid-template-columns:38% minmax(0,1fr);gap:0 10px;
  text-align:left}
 .cards [data-label]::before{content:attr(data-label);content:attr(data-label)/"";color:#444;
  font:12px/1.75 sans-serif;overflow-wrap:break-word}
 .cards td:empty{display:none}
 .cards .total th{background:none}.cards tr.line{margin:0;border-bottom:0}.cards tr.proof{border-top:1px dotted #aaa}
}
@page{size:A4;margin:14mm}
@page wide{size:A4 landscape}
@media print{body{margin:0;max-width:none;padding:0;font-size:10.5pt}
 h2{break-after:avoid}tr,svg{break-inside:avoid}tr.line{break-after:avoid}
 thead{display:table-header-group}.id{font-size:8.5pt}
 .drawing{page:wide}.drawing h2{margin-top:0}.drawing div{overflow:visible;border:0}
 svg{min-width:0}}
"""
