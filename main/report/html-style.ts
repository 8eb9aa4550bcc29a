import { createHash } from 'node:crypto';
import { cssVariables } from '../../shared/drawing/tokens.ts';
import { markStyles } from './svg-marks.ts';

/** The style sheet of the report. Paper is always light. */
export const STYLE = `:root{color-scheme:light dark;${cssVariables('light')}}
@media (prefers-color-scheme:dark){:root{${cssVariables('dark')}}}
@media print{:root{color-scheme:light;${cssVariables('light')}}}
*{box-sizing:border-box}
body{margin:0;background:var(--surface);color:var(--ink);font:13px/20px Inter,"Segoe UI Variable","SF Pro Text","DejaVu Sans Condensed",system-ui,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main,body>header,body>footer{max-width:924px;margin:0 auto;padding:0 32px}
h1,h2,h3,p,ul,ol,dl,dd,figure,pre{margin:0;padding:0}
a{color:var(--accent-ink);text-underline-offset:2px}
a:focus-visible,summary:focus-visible,pre:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.defs{position:absolute}
.mono,td.mono,code,pre{font-family:ui-monospace,"Cascadia Mono","SF Mono","DejaVu Sans Mono",monospace;font-size:11px;line-height:18px}
body>header{display:flex;justify-content:space-between;align-items:center;gap:16px;padding-top:28px;color:var(--ink3)}
.brand{display:flex;gap:8px;align-items:center;color:var(--ink);font-weight:700}
p,h3,li,.meta>*,.evidence li>*{overflow-wrap:anywhere;min-width:0}
main::before{content:"";display:block;border-top:1px solid var(--line2);margin:14px 0 24px}
h1{font-size:26px;line-height:36px;font-weight:400;max-width:34em;text-wrap:pretty;overflow-wrap:anywhere}
h1 b{font-weight:700}
.lead{margin-top:8px;font-size:15px;line-height:24px;color:var(--ink2);max-width:50em;text-wrap:pretty}
.notice{margin-top:12px;padding:8px 12px;border-left:3px solid var(--rst);background:var(--surface2)}
.notice.quiet{border-color:var(--accent)}
dl.facts{display:grid;grid-template-columns:max-content 1fr max-content 1fr;gap:2px 20px;margin-top:20px}
dl.facts dt{color:var(--ink3)}
dl.facts dd{overflow-wrap:anywhere;min-width:0}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:20px;list-style:none;margin-top:28px}
.tiles li{border-top:2px solid var(--ink);padding-top:10px}
.tiles b{display:block;font-size:22px;line-height:28px}
.tiles b.long{font-size:17px;white-space:nowrap}
.tiles small{display:block;color:var(--ink3);font-size:11px;line-height:16px}
section{margin-top:40px}
h2{font-size:16px;line-height:24px;font-weight:700;margin-bottom:8px}
h3{font-size:13px;line-height:20px;font-weight:700}
.head{display:flex;justify-content:space-between;align-items:baseline;gap:16px;flex-wrap:wrap}
.note{color:var(--ink3);font-size:12px;line-height:18px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th{font-weight:400;font-size:11px;line-height:16px;color:var(--ink3);text-align:left;vertical-align:bottom}
th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
thead th{border-color:var(--line2)}
.num{text-align:right;white-space:nowrap}
td.fit,th.fit{white-space:nowrap}
td.wide{overflow-wrap:anywhere;min-width:120px}
td b{font-weight:700}
td small{display:block;color:var(--ink3);font-size:11px;line-height:16px}
.dense td,.dense th{padding-top:3px;padding-bottom:3px;font-size:12px;line-height:18px}
.dense td.mono{font-size:11px}
.sign{white-space:nowrap}td .sign+.sign{margin-left:6px}
.sign svg{vertical-align:-1px;margin-right:2px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;color:var(--ink3);font-size:11px;line-height:16px}
.legend li{display:flex;align-items:center;gap:5px}
.changes{list-style:none;counter-reset:change;display:grid;grid-template-columns:minmax(0,1fr);gap:10px}
.changes li{counter-increment:change;padding-left:24px;position:relative;max-width:60em}
.changes li::before{content:counter(change);position:absolute;left:0;font-weight:700}
article{margin-top:20px;padding-top:14px;border-top:1px solid var(--line2)}
article h3{font-size:15px;line-height:22px;overflow-wrap:anywhere}
article p{margin-top:6px;max-width:62em}
.meta{display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--ink2);font-size:12px;margin-top:2px}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:8px 28px;margin-top:12px}
.two>div{min-width:0}
.two h4,h4{margin:0 0 4px;font-size:11px;line-height:16px;font-weight:400;color:var(--ink3)}
.evidence{list-style:none;font-size:12px;line-height:18px}
.evidence li{display:grid;grid-template-columns:32px 92px 1fr;gap:0 8px;padding:1px 0}
.evidence.plain li{grid-template-columns:92px 1fr}
.pill-e{background:var(--accent);color:var(--on-accent);border-radius:8px;font-size:10px;line-height:16px;font-weight:700;text-align:center;height:16px}
pre{margin-top:8px;padding:10px 12px;border:1px solid var(--line2);border-radius:4px;background:var(--surface2);overflow-x:auto;white-space:pre;tab-size:4}
.two pre{white-space:pre-wrap;overflow-wrap:anywhere}
.key{margin-top:8px;color:var(--ink3);font-size:11px}
svg{display:block;font-family:inherit}
figure svg{width:100%;height:auto}
figure{margin-top:8px}
svg text{font-size:11px;fill:var(--ink2)}
svg text.tick{fill:var(--ink3);font-size:10.5px;paint-order:stroke;stroke:var(--surface);stroke-width:4px;stroke-linejoin:round}
svg text.lane{font-weight:700;fill:var(--ink)}
svg text.lane-port{font-family:ui-monospace,"Cascadia Mono","SF Mono","DejaVu Sans Mono",monospace;font-size:10.5px}
svg text.pill{fill:var(--on-accent);font-size:10px;font-weight:700}
.proof .ground,.proof .f-surface{fill:var(--soft)}.proof text.tick{stroke:var(--soft)}
.area{fill:var(--download);opacity:.14}
.sign svg,.brand svg,td svg{display:inline-block}
.rows{content-visibility:auto;contain-intrinsic-height:auto 6300px}.rows+.scroll{margin-top:12px}.paper{display:none}
.mini{width:110px;height:12px;vertical-align:-2px}
body>footer{margin-top:48px;padding-bottom:32px;color:var(--ink2);font-size:11px;line-height:18px}
body>footer>div{border-top:1px solid var(--line2);padding-top:12px;display:flex;flex-wrap:wrap;gap:4px 24px}
${markStyles()}
svg text.f-ink3{fill:var(--ink3)}svg text.f-zero-window{fill:var(--zero-window)}svg text.f-rst{fill:var(--rst)}
@media screen and (max-width:760px){main,body>header,body>footer{padding-left:16px;padding-right:16px}.tiles{grid-template-columns:repeat(3,1fr)}.two,dl.facts{grid-template-columns:1fr}dl.facts dt{margin-top:6px}h1{font-size:20px;line-height:28px}figure{overflow-x:auto}figure svg{min-width:640px}}
@page{margin:16mm 14mm 18mm;@bottom-left{content:"Certain: the packets allow no other reading.  Likely: others exist and fit worse.  Possible: not ruled out.";font:8px/12px "DejaVu Sans Condensed",system-ui,sans-serif;color:#5A6671}@bottom-right{content:counter(page) " of " counter(pages);font:8px/12px "DejaVu Sans Condensed",system-ui,sans-serif;color:#5A6671}}
@media print{body{font-size:11px;line-height:16px;print-color-adjust:exact;-webkit-print-color-adjust:exact}main,body>header,body>footer{padding:0;max-width:none}main::before{margin:10px 0 16px}h1{font-size:21px;line-height:29px}.lead{font-size:12px;line-height:18px}section{margin-top:26px}.tiles{gap:12px;margin-top:20px}.tiles b{font-size:18px;line-height:24px}.tiles b.long{font-size:13px}h2,h3,h4,h5,.head,.meta,section>.note,article>p:not(.two~p),article>figure:has(~.two){break-after:avoid}body>footer{margin-top:24px;padding-bottom:0;break-inside:avoid}h2,h3,.meta,article>p,figure,tr,.tiles,.changes li,.evidence,article .two,pre{break-inside:avoid}.why{display:none}pre{white-space:pre-wrap}.scroll{overflow:visible}.screen{display:none}.paper{display:block}thead{display:table-header-group}th,td{padding-right:8px}a{color:inherit;text-decoration:none}.dense td,.dense th{font-size:9.5px;line-height:14px;padding-right:6px}td.wide{min-width:84px}.dense td.mono{overflow-wrap:anywhere}.dense td.fit{overflow-wrap:normal}.dense .fit .sign{white-space:normal}.mini{width:72px;height:8px}.mono,pre,code,td.mono,.dense td.mono{font-size:9px;line-height:14px}.legend,.note,.key,td small,.tiles small,th,h4,.two h4,.evidence,.meta{font-size:9px;line-height:14px}}`;

/** What a browser may do with the report: apply this style sheet, and nothing else. */
export const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;
