// The one style of all pages: quiet, for reading, in light and dark, on paper and on a telephone.

enum Style {
  static let rules: StaticString = """
    :root{color-scheme:light dark;--paper:#fdfcf8;--wash:#f5f2e9;--ink:#1d1b18;--soft:#5a554c;--line:#d8d2c4;\
    --link:#1c4f82;--good:#2a6437;--care:#7d5200;--bad:#9c2f1b;--none:#5a554c;--band:#dfe7dc}
    @media (prefers-color-scheme:dark){:root{--paper:#15161a;--wash:#1d1f24;--ink:#e4e1d9;--soft:#aaa59a;\
    --line:#3b3d44;--link:#8dbbea;--good:#8ccb9a;--care:#e2b664;--bad:#f0937f;--none:#aaa59a;--band:#2b3a30}}
    *{box-sizing:border-box}
    html{font-size:112.5%;-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--ink);font-family:"Iowan Old Style","Palatino Nova",\
    "Palatino Linotype",Palatino,"URW Palladio L",P052,"TeX Gyre Pagella",Charter,Georgia,"Liberation Serif",serif;\
    line-height:1.55;font-variant-numeric:lining-nums}
    math{font-family:"STIX Two Math","Latin Modern Math","TeX Gyre Pagella Math","Cambria Math",\
    "Asana Math","Libertinus Math","DejaVu Math TeX Gyre",math;font-size:1.04em}
    .skip{position:absolute;left:-99em}
    .skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.4rem .8rem;z-index:2}
    a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.16em}
    a:focus-visible,[tabindex]:focus-visible,summary:focus-visible{outline:.14rem solid var(--link);outline-offset:.14rem}
    header.site,main,footer{width:min(60rem,100% - 3rem);margin-inline:auto}
    header.site{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;align-items:baseline;padding:1.1rem 0 .7rem;\
    border-bottom:1px solid var(--line);font-size:.88rem}
    header.site .home{font-style:italic;color:var(--ink);text-decoration:none;margin-right:auto}
    header.site nav{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
    header.site nav a{text-decoration:none}
    header.site nav a:hover{text-decoration:underline}
    header.site nav a[aria-current]{color:var(--ink);border-bottom:1px solid var(--ink)}
    main{padding:2.2rem 0 3rem}
    footer{border-top:1px solid var(--line);padding:1rem 0 2.5rem;color:var(--soft);font-size:.82rem}
    p,ul,ol,dl,h1,h2,h3,blockquote{max-width:41rem}
    p,ul,ol,dl{margin:.7rem 0}
    h1{font-weight:400;font-size:2.05rem;line-height:1.18;margin:.2rem 0 .6rem;text-wrap:balance}
    h2{font-weight:400;font-size:1.38rem;line-height:1.25;margin:2.6rem 0 .5rem}
    h3{font-weight:400;font-style:italic;font-size:1.08rem;margin:1.7rem 0 .3rem}
    .kicker{color:var(--soft);font-size:.9rem;margin:0}
    .lead{font-size:1.1rem}
    .small{font-size:.86rem}
    .soft{color:var(--soft)}
    i,em{font-style:italic}
    sub,sup{font-size:.72em;line-height:0}
    code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;\
    font-size:.82em;font-variant-ligatures:none}
    pre{background:var(--wash);padding:.75rem 1rem;overflow-x:auto;line-height:1.45;margin:.8rem 0;max-width:60rem}
    pre code{font-size:1em}
    .slug{color:var(--soft);overflow-wrap:anywhere}
    .formula{line-height:2.3;margin:.4rem 0}
    .formula math{margin-right:.08em}
    .formula .words{color:var(--soft)}
    .formula .part{display:inline-block;max-width:100%;margin-right:1.5em}
    .formula>.plain{font-size:.9em;line-height:1.6}
    .statement{border-left:.18rem solid var(--line);padding:.3rem 0 .3rem 1.3rem;margin:1.2rem 0;max-width:60rem}
    .statement>.formula{font-size:1.14rem;max-width:none}
    .statement.good{border-color:var(--good)}.statement.care{border-color:var(--care)}
    .statement.bad{border-color:var(--bad)}
    .verdict{white-space:nowrap}
    .verdict .sign{font-family:"DejaVu Sans","Segoe UI Symbol","Apple Symbols",sans-serif;font-size:.86em}
    .good{color:var(--good)}.care{color:var(--care)}.bad{color:var(--bad)}.none{color:var(--none)}
    section.good,section.care,section.bad,section.none,div.good,div.care,div.bad,article.bad,article.care{color:inherit}
    .scroll{overflow-x:auto;margin:.9rem 0 1.2rem;max-width:100%}
    table{border-collapse:collapse;font-size:.86rem;line-height:1.4;font-variant-numeric:lining-nums tabular-nums;\
    min-width:100%}
    caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    th,td{text-align:left;vertical-align:top;padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line);\
    font-weight:400}
    thead th{color:var(--soft);font-size:.92em;border-bottom-color:var(--soft);vertical-align:bottom}
    th:last-child,td:last-child{padding-right:0}
    tr.section th{padding-top:1.1rem;font-style:italic;color:var(--soft)}
    tr.silent td,tr.silent th{color:var(--soft)}
    .number,.count{white-space:nowrap}
    .count{text-align:center;display:block;min-width:1.4em}
    table.matrix td{padding-right:.4rem}
    table.matrix thead th{font-size:.82em}
    table.kill{min-width:0}table.kill td{text-align:center;padding-right:.7rem;min-width:2.2rem;font-size:1.15em;line-height:1.2}
    table.kill thead th:not(:first-child){text-align:center}
    .facts{font-size:.88rem;border-top:1px solid var(--line);border-bottom:1px solid var(--line);display:flex;\
    flex-wrap:wrap;gap:.2rem 2.2rem;padding:.6rem 0;margin:1.2rem 0;max-width:none}
    .facts div{display:flex;flex-direction:column}
    .facts dt{color:var(--soft);font-size:.86em}
    .facts dd{margin:0}
    .bar{display:flex;height:.4rem;gap:2px;margin:1.3rem 0 .5rem;max-width:41rem}
    .bar span{display:block}
    .bar .good{background:var(--good)}.bar .care{background:var(--care)}.bar .bad{background:var(--bad)}
    .bar .none{background:var(--line)}
    .key{display:flex;flex-wrap:wrap;gap:.1rem 1.6rem;font-size:.9rem;list-style:none;padding:0;margin:.2rem 0 1.2rem}
    .end{margin:1.4rem 0;padding-left:1.3rem;border-left:.18rem solid var(--line);max-width:46rem}
    .end.care{border-color:var(--care)}.end.bad{border-color:var(--bad)}
    .end dl{display:grid;grid-template-columns:6.2rem 1fr;gap:.25rem .8rem;margin:.5rem 0;font-size:.94rem}
    .end dt{color:var(--soft)}.end dd{margin:0;min-width:0;overflow-wrap:break-word}
    .end h3{margin-top:0}
    .chain{display:grid;grid-template-columns:minmax(0,1fr) 13rem 5.4rem;gap:.15rem 1.2rem;font-size:.92rem;\
    margin:.4rem 0 1.2rem;align-items:center}
    .chain .line{overflow-x:auto;padding:.32rem 0}
    .chain .first{grid-column:1/-1}
    .chain .step{padding-left:1.5rem}
    .chain .why{color:var(--soft);font-size:.88em;line-height:1.35}
    .chain .how{font-size:.88em}
    .proof p{overflow-x:auto;overflow-y:hidden}
    .proof .note{font-size:.82em;color:var(--soft);margin:0 0 .9rem 1.5rem}
    .proof .claim{margin:1.1rem 0 .2rem;overflow-x:auto;max-width:none}
    .proof h3{margin-top:1.9rem}
    details{margin:1rem 0;max-width:60rem}
    summary{cursor:pointer;color:var(--link);font-size:.92rem}
    figure{margin:1.4rem 0;max-width:60rem}
    figure img{display:block;max-width:100%;height:auto}
    figcaption{color:var(--soft);font-size:.86rem;margin-top:.4rem;max-width:41rem}
    @media (prefers-color-scheme:dark){figure img{filter:invert(.91) hue-rotate(180deg)}}
    .interval{display:block;width:15rem;height:1.7rem;overflow:visible}
    .interval .band{fill:var(--band)}.interval .axis{stroke:var(--line)}.interval .zero{stroke:var(--soft)}
    .interval .span{stroke:var(--ink);stroke-width:2}.interval .dot{fill:var(--ink)}
    .interval text{fill:var(--soft);font-size:9px;font-family:inherit}
    .ladders{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.6rem 1.6rem;margin:1rem 0}
    .ladders figure{margin:0}.ladders svg{display:block;width:100%;max-width:19rem;height:auto;overflow:visible}
    .ladders .axis{stroke:var(--line);fill:none}.ladders .claimed{stroke:var(--soft);stroke-dasharray:4 3;fill:none}
    .ladders .spread{stroke:var(--ink)}.ladders .dot{fill:var(--ink)}
    .ladders text{fill:var(--soft);font-size:9px;font-family:inherit}
    .drawing{overflow:auto;margin:1.4rem 0 1.8rem;width:min(100vw - 4.5rem,92rem);position:relative;left:50%;\
    transform:translateX(-50%)}
    .drawing svg{display:block;height:auto;width:100%;min-width:56rem}
    .drawing text{fill:var(--ink);font-family:Helvetica,Arial,"Liberation Sans",sans-serif}
    .drawing .node path,.drawing .node polygon{fill:var(--paper);stroke:var(--soft)}
    .drawing .node.good path{stroke:var(--good)}
    .drawing .node.care path{stroke:var(--care);stroke-width:1.6}
    .drawing .node.bad path{stroke:var(--bad);stroke-width:2.2}
    .drawing .edge path{stroke:var(--soft);stroke-width:.8}.drawing .edge polygon{fill:var(--soft);stroke:var(--soft)}
    .drawing a:hover text{text-decoration:underline}
    .turn{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap;margin-top:3rem;font-size:.9rem;\
    max-width:none}
    @media (max-width:42rem){html{font-size:104%}header.site,main,footer{width:calc(100% - 2rem)}main{padding-top:1.4rem}\
    h1{font-size:1.65rem}.statement{padding-left:.9rem}.statement>.formula{font-size:1.02rem}\
    .chain{display:block}.chain .why,.chain .how{display:inline-block;padding:0 .8rem .5rem 1.5rem}\
    .formula .part{display:block;margin:0}.scroll:has(.stack){overflow-x:visible}\
    .stack,.stack tbody,.stack tr,.stack th,.stack td{display:block}.stack thead{display:none}\
    .stack th,.stack td{border:0;padding:.1rem 0}.stack td:empty{display:none}\
    .stack tr{border-bottom:1px solid var(--line);padding:.5rem 0}.stack th{font-size:1.06em}\
    th[scope=row]{min-width:9rem}.drawing{width:100%;left:0;transform:none}\
    .end dl{display:block}.end dd{margin-bottom:.5rem}.interval{width:11rem}}
    @media print{html{font-size:9.5pt}header.site nav,.skip,.turn,details:not([open]){display:none}\
    header.site,main,footer{width:100%}a{color:inherit;text-decoration:none}\
    body{background:none}.scroll,.chain .line,.drawing,.proof p,.proof .claim,pre{overflow:visible}pre{white-space:pre-wrap}\
    h2,h3{break-after:avoid}tr,.end,.statement,figure{break-inside:avoid}figure img{filter:none}}
    """
}
