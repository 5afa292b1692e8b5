"""How is the picture of the terminal in the README made? By doing what it shows.

Starts the emulator on its usual port, runs the printed command, draws both as docs/terminal.svg.
"""

import io
import re
import signal
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 100
PROMPT = Text("$ ", style="bold green")


def main() -> None:
    """Run, record, draw."""
    command = [sys.executable, "-m", "mockserver", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        lines = []
        for line in emulator.stdout or ():
            lines.append(line.rstrip("\n"))
            if line.startswith("Stop with"):
                break
        copied = "\n".join(lines[lines.index("Try it in another terminal:") + 2 : -2])
        answer = subprocess.run(["sh", "-c", copied], capture_output=True, text=True, check=True)
        emulator.send_signal(signal.SIGINT)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(PROMPT + Text("make run", style="bold"))
    for line in lines:
        console.print(Text(shortened(line)))
    console.print()
    console.print(PROMPT + Text("…the printed command, in another terminal…", style="italic"))
    console.print(Text(answer.stdout.strip(), style="bold cyan"))
    svg = console.export_svg(title="mockserver")
    # No font from a foreign host: a reader's own monospaced one does.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (HERE / "terminal.svg").write_text(svg.replace("Fira Code", "monospace"), encoding="utf-8")


def shortened(line: str) -> str:
    """Cut what would not fit."""
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


if __name__ == "__main__":
    main()
