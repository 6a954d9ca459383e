"""A stage in the project's own files: its part of .chalice/config.json and its policies.

Both are kept in the repository, so that plain `chalice deploy --stage …` finds them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra import policies, stack_name


def write(project: Path, stage: str, environment: Mapping[str, str]) -> list[Path]:
    """Bring the stage's files up to date; the files that changed.

    What an operator added to the stage stays; ``environment`` is added to its variables.
    """
    chalice = project / ".chalice"
    path = chalice / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    entry = config.setdefault("stages", {}).setdefault(stage, {})
    variables = {"LAGOTTO_STACK": stack_name(stage)} | entry.get("environment_variables", {})
    entry["environment_variables"] = variables | dict(environment)
    functions = entry.setdefault("lambda_functions", {})
    for function in policies.GRANTS:
        functions.setdefault(function, {})["iam_policy_file"] = policy_file(stage, function)
    files = {path: config} | {
        chalice / policy_file(stage, function): policies.document(stage, function)
        for function in policies.GRANTS
    }
    return [path for path, content in files.items() if _write(path, content)]


def policy_file(stage: str, function: str) -> str:
    """The name of a function's policy file, beside config.json."""
    return f"policy-{stage}-{function}.json"


def variables(project: Path, stage: str) -> dict[str, str]:
    """The stage's environment variables as its functions will see them."""
    config = json.loads((project / ".chalice" / "config.json").read_text(encoding="utf-8"))
    entry: dict[str, Any] = config.get("stages", {}).get(stage, {})
    return {**config.get("environment_variables", {}), **entry.get("environment_variables", {})}


def _write(path: Path, content: Any) -> bool:
    text = json.dumps(content, indent=2) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True
