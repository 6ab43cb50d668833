"""Ratios from the JSON lines of the scripts here: python3 table.py FILE…

Lines of one job (and network, activation, precision) are compared: median seconds of a peer over those of lipdyn.
"""

import collections
import json
import re
import statistics
import sys


def lines(paths):
    for path in paths:
        for line in open(path):
            label, brace, rest = line.partition("{")
            if not brace:
                continue
            try:
                yield label.strip(), json.loads(brace + rest)
            except json.JSONDecodeError:
                continue


groups = collections.defaultdict(lambda: collections.defaultdict(list))
overheads = collections.defaultdict(list)
for label, row in lines(sys.argv[1:]):
    parameters = row.get("params", row)
    job, net = row["job"].replace("-train", ""), parameters.get("net", "")
    if job == "ledger":
        overheads[net].append(row["checksum"]["overhead"])
        continue
    kind = "plain step" if net and "steps" in parameters else "noise statistics" if net else ""
    # Labels such as value-float-propack say what is compared, and with whom.
    kind = re.sub(r"-[^-]+$", "", label) or kind or parameters.get("activation", "")
    # Networks' peers count images, and ours steps: seconds are of the same work.
    groups[(job, net, kind)][row["tool"]].append(row.get("cpu_s") if label else row["seconds"])

print(f"{'job':34s} {'tool':34s} {'median s':>10s} {'ratio':>7s}")
for (job, net, kind), tools in sorted(groups.items()):
    ours = tools.get("lipdyn")
    for tool, seconds in sorted(tools.items(), key=lambda item: item[0] != "lipdyn"):
        middle = statistics.median(seconds)
        ratio = f"{middle / statistics.median(ours):7.2f}" if ours and tool != "lipdyn" else ""
        print(f"{' '.join(x for x in (job, net, kind) if x):34s} {tool:34s} {middle:10.4g} {ratio:>7s}")
for net, values in sorted(overheads.items()):
    print(f"ledger at every step, {net}: {statistics.median(values):.2f} times the plain step")
