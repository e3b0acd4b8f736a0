import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mmmaml.evaluation.files.count_files import write_counts
from mmmaml.evaluation.files.run_folder import read_run
from mmmaml.visualization.report import write_report
from tests.visualization.browser import Browser, find_browser


class Page(HTMLParser):
    """Elements of a page with their attributes, its text, and whether every tag is closed."""

    VOID = ('meta', 'link', 'img', 'br')

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ''
        self.open: list[str] = []
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f'{data} '

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def log(tmp_path) -> Path:
    lines = [
        {'iter': i, 'lr': 0.1, 'loss': 3 / i, 'query_ce': 2 / i, 'query_ce_adapted': 1 / i}
        for i in range(1, 21)
    ]
    path = tmp_path / 'scalars.json'
    path.write_text(''.join(json.dumps(line) + '\n' for line in lines))
    return path


def test_the_page_has_scores_timelines_frames_and_curves(run, log, tmp_path):
    page = Page(write_report(run, tmp_path / 'new' / 'a.html', log))
    assert page.open == []
    assert page.all('html') == [{'lang': 'en'}]
    words = ' '.join(page.text.split())
    assert words.startswith('Tracking report: run')
    assert '12 frames, 1.2 s, 2 people; boxes: 18 matched, 1 false positive, 1 missed' in words
    assert 'over all 1 switch, MOTA 85.0' in words  # 1 - 3 / 20
    assert 'Frame 8: 0 matched, 0 false positive, 0 missed, 1 switch.' in words
    assert 'No frame of it has an error.' in words  # of EMPTY
    assert 'OVERALL 78.9 90.5 68.9 85.0 70.0 1 2 0 1 1 1 ' in words
    pictures = page.all('img')
    kinds = [re.match(r'data:image/(\w+)', each['src'])[1] for each in pictures]
    assert kinds == ['svg', 'svg', 'svg', 'svg', 'jpeg', 'jpeg']
    assert all(len(each['alt']) > 20 for each in pictures)
    targets = {each['id'] for _, each in page.elements if 'id' in each}
    assert {each['href'].removeprefix('#') for each in page.all('a')} <= targets
    assert {each.get('scope') for each in page.all('th')} == {'row', 'col'}


def test_nothing_is_fetched(run, log, tmp_path):
    page = Page(write_report(run, tmp_path / 'a.html', log))
    links = [value for _, each in page.elements for value in each.values() if value]
    assert not [link for link in links if re.match(r'(https?:)?//', link)]
    assert not page.all('script')


def test_names_are_text_and_not_html(run_folder, tmp_path):
    name = '<b>A & B'
    for old in list(run_folder.rglob('WALK.*')):
        old.rename(old.with_stem(name))
    for file in ('metrics.json', 'sequences.json'):
        path = run_folder / file
        path.write_text(path.read_text().replace('"WALK"', json.dumps(name)))
    out = write_report(read_run(run_folder), tmp_path / 'a.html')
    assert name in Page(out).text
    assert html.escape(name) in out.read_text()
    assert name not in out.read_text()


def test_a_run_whose_frames_are_gone_still_has_a_page(run_folder, tmp_path):
    shutil.rmtree(tmp_path / 'data')
    page = Page(write_report(read_run(run_folder), tmp_path / 'a.html'))
    words = ' '.join(page.text.split())
    assert 'No frames are shown:' in words
    assert 'seqinfo.ini is missing' in words
    assert '12 frames, 2 people' in words
    assert 'kept 1 s' not in words


def test_no_frames_are_shown_where_none_are_wanted(run, tmp_path):
    page = Page(write_report(run, tmp_path / 'a.html', frames_per_sequence=0))
    assert len(page.all('img')) == 2
    with pytest.raises(ValueError, match='frames_per_sequence=-1 must be at least 0'):
        write_report(run, tmp_path / 'b.html', frames_per_sequence=-1)
    assert not (tmp_path / 'b.html').exists()


LUMINANCE = """
(() => {
  const shade = (name, of) => getComputedStyle(of)[name].match(/[0-9.]+/g).slice(0, 3)
      .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const page = shade('backgroundColor', document.body);
  return ['h1', '.soft', 'a'].map(name => shade('color', document.querySelector(name))).map(
      t => (Math.max(t, page) + 0.05) / (Math.min(t, page) + 0.05)).concat([page]);
})()
"""


@pytest.mark.skipif(find_browser() is None, reason='no Chromium or Chrome is installed')
def test_a_browser_shows_it_without_a_complaint(run, log, tmp_path):
    out = write_report(run, tmp_path / 'a.html', log)
    with Browser(find_browser(), tmp_path / 'profile') as browser:
        browser.resize(1280)
        browser.open(out.as_uri())
        assert browser.evaluate('document.title') == 'Tracking report: run'
        sizes = browser.evaluate(
            '[...document.images].map(i => [i.complete, i.naturalWidth, i.clientWidth])'
        )
        assert len(sizes) == 6
        assert all(whole and natural > 100 and shown > 100 for whole, natural, shown in sizes)
        rows = "document.querySelectorAll('#scores tbody tr').length"
        assert browser.evaluate(rows) == 3
        assert browser.evaluate("document.querySelector('#scores').clientHeight") > 80
        for width in (1280, 390):
            browser.resize(width)
            assert browser.evaluate('document.documentElement.scrollWidth') <= width
        pages = {}
        for scheme in ('light', 'dark'):
            browser.prefer(scheme)
            *contrasts, pages[scheme] = browser.evaluate(LUMINANCE)
            assert min(contrasts) >= 4.5, (scheme, contrasts)  # WCAG 2, level AA
        assert pages['light'] > 0.9
        assert pages['dark'] < 0.05
        assert browser.complaints == []


@pytest.mark.skipif(find_browser() is None, reason='no Chromium or Chrome is installed')
def test_the_browser_of_these_tests_hears_complaints(tmp_path):
    page = tmp_path / 'a.html'
    page.write_text('<img src="http://localhost:9/x.png"><script>console.error("oh no")</script>')
    with Browser(find_browser(), tmp_path / 'profile') as browser:
        browser.open(page.as_uri())
        assert any('oh no' in each for each in browser.complaints)
        assert 'asked for http://localhost:9/x.png' in browser.complaints


def test_counted_people_have_a_table_and_a_curve(run_folder, tmp_path):
    assert 'counting' not in Page(write_report(read_run(run_folder), tmp_path / 'a.html')).text
    columns = {'frame': np.arange(1, 13), 'crowd_count': np.full(12, 1.5)}
    write_counts(run_folder / 'results' / 'WALK_counts.csv', columns)
    page = Page(write_report(read_run(run_folder), tmp_path / 'b.html'))
    assert page.open == []
    words = ' '.join(page.text.split())
    # Eight frames of two people and four of one; 17 + 3 boxes of tracks, one of them on nobody.
    assert 'WALK 1.7 0.50 -0.17 30.0 %' in words
    assert 'Mean absolute error by density 0.50 (bias -0.17); tracks 0.17 (bias +0.00).' in words
    pictures = [each['alt'] for each in page.all('img')]
    assert sum('WALK: true, counted by density, tracked.' in each for each in pictures) == 1
    assert [each['id'] for each in page.all('table')] == ['scores', 'counting']
