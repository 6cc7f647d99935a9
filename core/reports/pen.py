"""The process that draws: a script that imports nothing of this project, which would take as much memory again.

`core.reports.drawing` starts it and speaks to it.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Answer orders until there are no more."""
    import vl_convert

    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            match asked["kind"]:
                case "svg":
                    data = vl_convert.vegalite_to_svg(asked["what"], allowed_base_urls=[]).encode()
                case "png":
                    data = vl_convert.vegalite_to_png(asked["what"], scale=asked["scale"], allowed_base_urls=[])
                case _:
                    data = vl_convert.javascript_bundle(asked["what"]).encode()
        except ValueError as error:
            out.write(json.dumps({"error": str(error)}).encode() + b"\n")
        else:
            out.write(json.dumps({"bytes": len(data)}).encode() + b"\n" + data)
        out.flush()


if __name__ == "__main__":
    main()
