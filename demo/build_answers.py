"""Writes demo/answers: the real values of demo/source-material in the sources' own wire formats.

Run ``python -m demo.build_answers [FOLDER]``. The same material always gives the same bytes.
README.md says what is real, what is derived and what is invented.
"""

import json
import sys
from pathlib import Path

from demo.ministry_pages import government_answers
from demo.storting_hearings import storting_answers
from demo.wire import HERE


def write(folder: Path) -> None:
    answers = [*government_answers(), *storting_answers()]
    for answer in answers:
        path = folder / answer.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.body)
    index = [
        {"url": a.url, "file": a.file, "status": 200, "media_type": a.media_type, "label": a.label}
        for a in answers
    ]
    text = json.dumps(index, ensure_ascii=False, indent=1)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "answers")
