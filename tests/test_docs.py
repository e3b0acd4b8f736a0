"""Links, files, names, examples, commands and options on the pages exist.

That commands can be run is the matter of ``test_documented_commands.py``.
"""

import ast
import contextlib
import doctest
import functools
import importlib
import importlib.util
import io
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mmengine.registry import Registry

from mmmaml import registry
from mmmaml.utils import register_all_modules

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob('*.md'), *(ROOT / 'docs').glob('*.md')])

FENCE = re.compile(r'^```(\w*)[^\n]*\n(.*?)^```', re.M | re.S)
CODE = re.compile(r'(?<!`)`([^`\n]+)`(?!`)')
LINK = re.compile(r'\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|\bsrc="([^"]+)"')
FOLDERS = 'mmmaml|tools|configs|tests|docs|requirements'
FILE = re.compile(rf'(?<![\w./-])((?:{FOLDERS})/[\w./*{{}},-]*)')
COMMAND = re.compile(r'\b(?:python|bash) (tools/[\w./-]+|-m tools\.[\w.]+)([^`]*)')
OPTION = re.compile(r'(?<![\w-])--[a-zA-Z][\w-]*')
MEMBER = re.compile(r'([A-Z]\w+)\.([a-z_]\w*)')


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    code: str


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding='utf-8')
    return [
        Block(page, text.count('\n', 0, match.start()) + 1, match[1], match[2])
        for match in FENCE.finditer(text)
    ]


def prose_of(page: Path) -> str:
    return FENCE.sub('', page.read_text(encoding='utf-8'))


PYTHON = [block for page in PAGES for block in blocks_of(page) if block.language == 'python']
of_every_page = pytest.mark.parametrize('page', PAGES, ids=[page.name for page in PAGES])
of_every_block = pytest.mark.parametrize(
    'block', PYTHON, ids=[f'{block.page.name}:{block.line}' for block in PYTHON]
)


# ---- links and files


def anchors_of(page: Path) -> set[str]:
    """Names that GitHub gives the headings of a page."""
    headings = re.findall(r'^#+ +(.+?) *$', prose_of(page), re.M)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


def broken_links(page: Path) -> list[str]:
    links = [match[1] or match[2] for match in LINK.finditer(CODE.sub('', prose_of(page)))]
    return [link for link in links if not re.match(r'[a-z]+:', link) and not leads(page, link)]


def leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition('#')
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors_of(target)


def missing_files(text: str) -> list[str]:
    mentioned = {match.rstrip('.,') for match in FILE.findall(text)}
    paths = {path for mention in mentioned for path in expand(mention)}
    return sorted(path for path in paths if not any(ROOT.glob(path.rstrip('/'))))


def expand(path: str) -> list[str]:
    """``a/{b,c}`` to ``a/b`` and ``a/c``."""
    match = re.search(r'\{([^{}]*)\}', path)
    if match is None:
        return [path]
    parts = [path[: match.start()] + part + path[match.end() :] for part in match[1].split(',')]
    return [each for part in parts for each in expand(part)]


@of_every_page
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@of_every_page
def test_files_that_are_mentioned_exist(page: Path) -> None:
    assert missing_files(page.read_text(encoding='utf-8')) == []


def test_the_index_lists_every_page() -> None:
    listed = set(re.findall(r'\]\(([\w-]+\.md)\)', (ROOT / 'docs/index.md').read_text()))
    assert listed == {page.name for page in (ROOT / 'docs').glob('*.md')} - {'index.md'}


# ---- names and examples


@functools.cache
def public_classes() -> dict[str, type]:
    """Classes of the package by name."""
    register_all_modules(init_default_scope=False)
    modules = [module for name, module in list(sys.modules.items()) if name.startswith('mmmaml.')]
    members = [each for module in modules for each in vars(module).values()]
    return {each.__name__: each for each in members if isinstance(each, type)}


def is_member(owner: str, name: str) -> bool:
    """True if a class has it, or is of another package."""
    known = public_classes().get(owner)
    fields = getattr(known, '__dataclass_fields__', {})
    return known is None or hasattr(known, name) or name in fields


def is_component(name: str) -> bool:
    """True if a config may name it as ``type``."""
    register_all_modules(init_default_scope=False)
    registries = [each for each in vars(registry).values() if isinstance(each, Registry)]
    return any(each.get(name) is not None for each in registries)


def resolves(name: str) -> bool:
    """True if a dotted name can be imported, its last parts as attributes."""
    parts = name.split('.')
    for split in range(len(parts), 0, -1):
        with contextlib.suppress(ModuleNotFoundError, AttributeError):
            module = importlib.import_module('.'.join(parts[:split]))
            functools.reduce(getattr, parts[split:], module)
            return True
    return False


def unknown_names(code: str) -> list[str]:
    dotted = re.findall(r'(?<![\w./-])mmmaml(?:\.[a-zA-Z]\w*)+(?<!\.X)', code)
    members = [name for name in MEMBER.findall(code) if not is_member(*name)]
    unknown = [name for name in dotted if not (resolves(name) or is_component(name))]
    return unknown + ['.'.join(name) for name in members]


@of_every_page
def test_names_in_the_text_exist(page: Path) -> None:
    texts = [span for span in CODE.findall(prose_of(page)) if '/' not in span]
    texts += [block.code for block in blocks_of(page) if block.language in ('', 'text')]
    assert [name for text in texts for name in unknown_names(text)] == []


@of_every_block
def test_python_is_valid_and_what_it_names_exists(block: Block) -> None:
    where = f'{block.page}, from line {block.line}'
    examples = doctest.DocTestParser().get_examples(block.code)
    code = ''.join(example.source for example in examples) or block.code
    imports = [
        node for node in ast.walk(ast.parse(code, where)) if isinstance(node, ast.ImportFrom)
    ]
    imported = [f'{node.module}.{alias.name}' for node in imports for alias in node.names]
    assert [name for name in imported if not resolves(name)] == []
    types = re.findall(r"\btype='([\w.]+)'", code)
    shown = re.findall(r'^class (\w+)', block.page.read_text(encoding='utf-8'), re.M)
    own = {f'mmmaml.{name}' for name in shown}
    assert [name for name in types if name not in own and not is_component(name)] == []


@of_every_block
def test_examples_give_what_they_show(block: Block) -> None:
    test = doctest.DocTestParser().get_doctest(block.code, {}, block.page.name, None, block.line)
    report = io.StringIO()
    doctest.DocTestRunner(verbose=False).run(test, out=report.write)
    assert report.getvalue() == ''


# ---- commands


def wrong_commands(text: str) -> list[str]:
    """Scripts that are not there and options they do not have.

    An indented line continues the one above.
    """
    joined = re.sub(r'\\?\n[ \t]+(?=\S)', ' ', text)
    lines = [re.sub(r'(^|\s)#.*', '', line) for line in joined.splitlines()]
    wrong = []
    for script, rest in (command for line in lines for command in COMMAND.findall(line)):
        if not path_of(script).is_file():
            wrong.append(f'{script} does not exist')
            continue
        unknown = set(OPTION.findall(rest)) - options_of(script)
        wrong += [f'{script} has no {option}' for option in sorted(unknown)]
    return wrong


def path_of(script: str) -> Path:
    """File of ``tools/x.py``, or of ``tools.x`` after ``-m``."""
    if '/' in script:
        return ROOT / script
    path = ROOT.joinpath(*script.removeprefix('-m ').split('.'))
    return path / '__main__.py' if path.is_dir() else path.with_suffix('.py')


@functools.cache
def options_of(script: str) -> frozenset[str]:
    """Options of a tool: those of ``--help``, or those a shell script names or passes on."""
    path = path_of(script)
    if path.suffix == '.py':
        return frozenset(OPTION.findall(help_of(path)))
    text = path.read_text(encoding='utf-8')
    own = OPTION.findall('\n'.join(line for line in text.splitlines() if line.startswith('#')))
    called = set(re.findall(r'(?:\$tools|tools)/(\w+\.py)', text)) - {'missing_requirements.py'}
    return frozenset(own).union(*(options_of(f'tools/{each}') for each in called))


def help_of(path: Path) -> str:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        module = tool(path, patch)
        with contextlib.redirect_stdout(out), pytest.raises(SystemExit):
            module.main(['--help'])
    return out.getvalue()


def tool(path: Path, patch: pytest.MonkeyPatch) -> Any:
    """A tool as a module."""
    if 'benchmarks' in path.parts:
        return importlib.import_module('.'.join(path.relative_to(ROOT).with_suffix('').parts))
    patch.syspath_prepend(str(path.parent))
    spec: Any = importlib.util.spec_from_file_location(f'documented_{path.stem}', path)
    module = importlib.util.module_from_spec(spec)
    patch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@of_every_page
def test_commands_exist_and_know_their_options(page: Path) -> None:
    texts = [block.code for block in blocks_of(page)] + CODE.findall(prose_of(page))
    assert [wrong for text in texts for wrong in wrong_commands(text)] == []
    modules = re.findall(r'python -m (mmmaml[\w.]*)', page.read_text(encoding='utf-8'))
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def test_tables_of_options_name_those_there_are() -> None:
    cells = re.findall(r'^\| *(.*?) \|', prose_of(ROOT / 'docs/tools.md'), re.M)
    documented = {option for cell in cells for option in OPTION.findall(cell)}
    assert '--work-dir' in documented
    assert documented <= options_of('tools/train.py') | options_of('tools/test.py')


# ---- the checks find what they are for


def test_mistakes_are_found(tmp_path: Path) -> None:
    text = 'see `tools/{train,nothing}.py`, mmmaml/meta/ and configs/*/no-*.py.'
    assert missing_files(text) == ['configs/*/no-*.py', 'tools/nothing.py']

    page = tmp_path / 'page.md'
    page.write_text('# A, heading\n[a](#a-heading) [b](#b) [c](no.md) [d](https://example.org)\n')
    assert 'a-heading' in anchors_of(page)
    assert broken_links(page) == ['#a-heading', '#b', 'no.md']  # it lies outside the repository
    here = ROOT / 'docs' / 'tools.md'
    links = ('#train', 'index.md', 'tools.md#test', '#nothing', 'no.md')
    assert [link for link in links if not leads(here, link)] == ['#nothing', 'no.md']

    assert unknown_names('mmmaml.meta.TaskMemory.embed(x) and TaskMemory.embed') == []
    assert unknown_names('mmmaml.PublicDetector') == []
    assert unknown_names('mmmaml.meta.Nothing') == ['mmmaml.meta.Nothing']
    assert unknown_names('TaskMemory.nothing') == ['TaskMemory.nothing']

    text = (
        'GPUS=2 python tools/train.py CONFIG \\\n    --works-not\npython tools/no.py\n'
        'python -m tools.benchmarks.speed.data --never\npython -m tools.benchmarks.no'
    )
    assert wrong_commands(text) == [
        'tools/train.py has no --works-not',
        'tools/no.py does not exist',
        '-m tools.benchmarks.speed.data has no --never',
        '-m tools.benchmarks.no does not exist',
    ]
    text = 'bash tools/dist_test.sh CONFIG 2 --show-dir d --resume'
    assert wrong_commands(text) == ['tools/dist_test.sh has no --resume']
