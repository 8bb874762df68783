"""Figures in a real browser: when they are drawn, in which colours, and what a click on them says."""

from __future__ import annotations

import re
from pathlib import Path

import plotly.graph_objects as go
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.figure.component import packed
from dashboard.scripts import FIGURE, PLOTLY
from tests.dashboard.browsing import PATIENCE, click_middle, forgive_probes, see_figure, settle
from tests.dashboard.conftest import Serve, WatchedPage

SCRIPT = Path(__file__).with_name("figure_page.py")
BAR_PX = 28


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(SCRIPT, tmp_path_factory.mktemp("home"))


@pytest.fixture
def page(watched: WatchedPage, address: str) -> Page:
    watched.page.set_default_timeout(PATIENCE)
    watched.page.goto(address)
    expect(bars(near(watched.page))).to_have_count(3, timeout=PATIENCE)
    settle(watched.page)
    forgive_probes(watched)
    return watched.page


def near(page: Page) -> Locator:
    return page.get_by_role("figure", name="Bars of")


def far(page: Page) -> Locator:
    return page.get_by_role("figure", name="Bars far away")


def bars(figure: Locator) -> Locator:
    return figure.locator(".barlayer .point path")


def choose(page: Page, data: str) -> None:
    page.get_by_role("radio", name=data).click()
    settle(page)
    see_figure(page, page.get_by_role("figure", name=f"Bars of {data}"))


def says(page: Page, clicked: str) -> None:
    expect(page.get_by_text(re.compile(rf"^clicked {re.escape(clicked)}, run \d+$"))).to_be_visible()


def text_colour(figure: Locator) -> str:
    return figure.locator(".xtick text").first.evaluate("text => getComputedStyle(text).fill")


def text_family(figure: Locator) -> str:
    return figure.locator(".xtick text").first.evaluate("text => getComputedStyle(text).fontFamily")


WATCH_LAYOUTS = """() => {
  const own = Plotly.downloadImage
  window.families = []
  Plotly.downloadImage = (figure, options) => {
    window.families.push(figure.layout.template.layout.font.family)
    return own(figure, options)
  }
}"""


def test_it_is_drawn_where_it_can_be_seen(page: Page) -> None:
    expect(bars(far(page))).to_have_count(0)
    assert far(page).bounding_box() is not None  # its place is kept, so that nothing moves later
    far(page).scroll_into_view_if_needed()
    expect(bars(far(page))).to_have_count(3)


def test_all_are_drawn_for_print(page: Page) -> None:
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(bars(far(page))).to_have_count(3)


def test_it_has_the_colours_of_the_page(page: Page) -> None:
    of_page = "getComputedStyle(document.querySelector('[data-testid=stText]')).color"
    light = text_colour(near(page))
    assert light == page.evaluate(of_page)
    page.emulate_media(color_scheme="dark")
    expect(near(page).locator(".xtick text").first).not_to_have_css("fill", light)
    assert text_colour(near(page)) == page.evaluate(of_page)
    ground = near(page).locator(".main-svg").first.evaluate("drawn => drawn.style.background")
    assert ground == page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")


def test_it_is_changed_in_its_place(page: Page) -> None:
    before = bars(near(page)).first.bounding_box()
    page.evaluate("document.querySelectorAll('.js-plotly-plot, .main-svg').forEach((drawn) => { drawn.seen = true })")
    choose(page, "second")
    expect(bars(near(page))).to_have_count(3)
    page.wait_for_function("height => document.querySelector('.barlayer .point path').getBBox().height > 2 * height",
                           arg=before["height"] if before else 0)  # fmt: skip
    changed = "[...document.querySelectorAll('.js-plotly-plot, .main-svg')].every((drawn) => drawn.seen)"
    assert page.evaluate(changed), "it was drawn from nothing, and then once more"


def show(page: Page, *, shown: bool) -> None:
    page.get_by_text("Show it").click()
    settle(page)
    expect(near(page)).to_have_count(int(shown))


def test_who_comes_back_finds_it_as_it_was_left(page: Page) -> None:
    page.evaluate("document.querySelector('.js-plotly-plot').seen = true")
    zoomed = "Plotly.relayout(document.querySelector('.js-plotly-plot'), {'yaxis.range': [0, 9]}).then(() => 0)"
    page.evaluate(zoomed)
    for _ in range(2):
        show(page, shown=False)
        show(page, shown=True)
        see_figure(page, page.get_by_role("figure", name="Bars of first"))
    left = page.locator(".js-plotly-plot").first
    assert left.evaluate("chart => [chart.seen, chart.layout.yaxis.range[1]]") == [True, 9]
    click_middle(page, bars(near(page)).nth(1))
    says(page, "['two']")  # and it still answers: once, to the figure that shows it


def test_what_was_left_in_another_width_fits(page: Page) -> None:
    show(page, shown=False)
    page.set_viewport_size({"width": 900, "height": 1000})
    show(page, shown=True)
    see_figure(page, page.get_by_role("figure", name="Bars of first"))
    fits = "({ layout, parentElement }) => layout.width === parentElement.clientWidth"
    assert near(page).locator(".js-plotly-plot").first.evaluate(fits)


def test_what_was_left_with_other_data_or_in_other_colours_is_not_shown(page: Page) -> None:
    page.evaluate("document.querySelector('.js-plotly-plot').seen = true")
    show(page, shown=False)
    page.emulate_media(color_scheme="dark")
    show(page, shown=True)
    see_figure(page, page.get_by_role("figure", name="Bars of first"))
    assert not near(page).locator(".js-plotly-plot").first.evaluate("chart => chart.seen")
    show(page, shown=False)
    choose_unseen = page.get_by_role("radio", name="second")
    choose_unseen.click()
    settle(page)
    show(page, shown=True)
    see_figure(page, page.get_by_role("figure", name="Bars of second"))
    assert near(page).locator(".js-plotly-plot").first.evaluate("chart => chart.data[0].y[0]") == 3


LEFT_BEHIND = """async ([script, plotly, figure]) => {
  const { default: render } = await import(script)
  const purge = Plotly.purge
  let thrown = 0
  Plotly.purge = (chart) => { thrown += 1; return purge(chart) }
  for (let digest = 0; digest < 20; digest += 1) {
    const place = document.querySelector("[data-testid=stMain] h1, [data-testid=stMain] button").parentElement
      .appendChild(document.createElement("div"))
    const drawn = new Promise((resolve) => new MutationObserver((_, self) => {
      if (place.querySelector(".js-plotly-plot .modebar")) { self.disconnect(); setTimeout(resolve, 50) }
    }).observe(place, { childList: true, subtree: true }))
    const data = { plotly, digest: `${digest}`, height: 200, name: "n", alt: "One of many", select: false, figure }
    const leave = render({ parentElement: place, data })
    await drawn
    leave()
    place.remove()
  }
  Plotly.purge = purge
  return thrown
}"""


def test_only_the_last_are_kept(page: Page) -> None:
    figure = packed(go.Figure(go.Bar(y=[1, 2])).to_json())
    assert page.evaluate(LEFT_BEHIND, [FIGURE.url, PLOTLY.url, figure]) == 20 - 16


def margins(figure: Locator) -> tuple[dict[str, float], dict[str, float]]:
    """Those that it came with, and those that its texts have made of them."""
    asked, taken = figure.locator(".js-plotly-plot").evaluate(
        "({ layout, _fullLayout }) => [{ ..._fullLayout.margin, ...layout.margin }, _fullLayout._size]"
    )
    return {side: asked[side] for side in "lrtb"}, {side: taken[side] for side in "lrtb"}


def test_it_comes_with_the_margins_that_were_enough_for_its_texts(page: Page) -> None:
    asked, first = margins(near(page))
    assert first["t"] > asked["t"]  # a long legend: plotly has laid the figure out twice
    choose(page, "second")
    asked, taken = margins(near(page))
    assert asked == taken == {side: pytest.approx(px + 6) for side, px in first.items()}
    choose(page, "first")
    assert margins(near(page)) == (asked, taken)  # they do not grow each time


def test_margins_are_kept_from_visit_to_visit(page: Page) -> None:
    _, first = margins(near(page))
    page.reload()
    expect(bars(near(page))).to_have_count(3, timeout=PATIENCE)
    assert margins(near(page))[0] == {side: pytest.approx(px + 6) for side, px in first.items()}
    kept = page.evaluate("localStorage.getItem('pomp-rooms')")
    assert "series" not in kept  # nothing of what figures say
    page.evaluate("localStorage.setItem('pomp-rooms', 'no margins')")
    page.reload()
    expect(bars(near(page))).to_have_count(3, timeout=PATIENCE)
    assert margins(near(page))[1] == first


def test_a_text_that_needs_more_room_than_was_enough_has_it(page: Page) -> None:
    choose(page, "second")
    asked, _ = margins(near(page))
    choose(page, "fourth")
    assert near(page).locator(".ytick text").last.text_content() == "1,000,000"
    came, taken = margins(near(page))
    assert came == asked
    assert taken["l"] > came["l"]
    left = near(page).bounding_box()
    text = near(page).locator(".ytick text").last.bounding_box()
    assert left is not None
    assert text is not None
    assert text["x"] >= left["x"]
    choose(page, "first")
    assert margins(near(page))[0]["l"] == pytest.approx(taken["l"] + 6)


def test_it_is_as_wide_as_its_place(page: Page) -> None:
    page.set_viewport_size({"width": 900, "height": 1000})
    page.wait_for_function(
        "() => { const drawn = document.querySelector('.js-plotly-plot'), host = drawn.parentElement;"
        " return host.clientWidth < 900 && drawn.layout.width === host.clientWidth }"
    )
    box = near(page).locator(".main-svg").first.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (near(page).evaluate("host => host.clientWidth"), 300)


def test_it_fills_the_screen_and_comes_back(page: Page) -> None:
    near(page).hover()
    full = near(page).locator("[data-title='Full screen']")
    for height in (1000 - BAR_PX, 300):
        full.click(force=True)
        page.wait_for_function("height => document.querySelector('.js-plotly-plot').layout.height === height",
                               arg=height)  # fmt: skip


def test_the_tool_bar_lies_beside_the_figure(page: Page) -> None:
    """Over it, it hid the end of a long legend."""
    near(page).hover()
    legend, bar = (near(page).locator(place).first.bounding_box() for place in (".legend", ".modebar"))
    assert legend is not None
    assert bar is not None
    assert legend["x"] + legend["width"] > bar["x"]
    assert bar["y"] + bar["height"] <= legend["y"]
    near(page).locator("[data-title='Pan']").click()  # nothing lies over it, and it stays while the mouse goes there
    expect(near(page).locator("[data-title='Pan']")).to_have_class(re.compile("active"))


def test_the_keyboard_is_seen_in_the_tool_bar(page: Page) -> None:
    """plotly's own outline is black, also on a black page."""
    light = text_colour(near(page))
    page.emulate_media(color_scheme="dark")
    expect(near(page).locator(".xtick text").first).not_to_have_css("fill", light)  # drawn anew, which takes the focus
    near(page).locator("[data-title='Zoom']").focus()
    page.keyboard.press("Tab")
    pan = near(page).locator("[data-title='Pan']")
    expect(pan).to_be_focused()
    expect(pan).to_have_css("outline-style", "solid")
    expect(pan).not_to_have_css("outline-color", "rgb(0, 0, 0)")


def test_no_button_sends_a_figure_away(page: Page) -> None:
    """These are all; plotly's own tool bar has one that uploads the figure with its data."""
    buttons = near(page).locator(".modebar-btn").evaluate_all("all => all.map((button) => button.dataset.title)")
    assert buttons == ["Save as a picture", "Zoom", "Pan", "Reset axes", "Full screen"]


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_picture_is_laid_out_in_a_font_that_every_machine_has(page: Page, form: str) -> None:
    """A picture does not hold the page's own font: laid out in it, its text overlapped."""
    page.evaluate("form => { window.pompPictures = form }", form)
    on_page = text_family(near(page))
    assert "Arial" not in on_page
    page.evaluate(WATCH_LAYOUTS)
    with page.expect_download() as download:
        near(page).locator("[data-title='Save as a picture']").click(force=True)
    assert download.value.suggested_filename == f"near.{form}"
    if form == "svg":
        saved = download.value.path().read_text(encoding="utf-8")
        assert set(re.findall(r"font-family: ([^;,]+)", saved)) == {"Arial"}
    assert page.evaluate("window.families") == ["Arial, Helvetica, sans-serif"]
    assert text_family(near(page)) == on_page


def test_a_click_counts_as_long_as_the_figure_stays(page: Page) -> None:
    says(page, "[]")
    click_middle(page, bars(near(page)).nth(1))
    says(page, "['two']")
    page.get_by_role("button", name="Rerun").click()
    settle(page)
    says(page, "['two']")
    choose(page, "second")
    says(page, "[]")
    choose(page, "first")  # the figure that was clicked; but that click is spent
    says(page, "[]")
    click_middle(page, bars(near(page)).nth(1))
    says(page, "['two']")


def test_points_without_data_of_their_own_are_numbers(page: Page) -> None:
    choose(page, "third")
    click_middle(page, bars(near(page)).nth(2))
    says(page, "[2]")


def test_a_figure_that_cannot_be_clicked_says_nothing(page: Page) -> None:
    far(page).scroll_into_view_if_needed()
    click_middle(page, bars(far(page)).nth(1))
    page.wait_for_timeout(500)
    expect(page.get_by_text("clicked [], run 1", exact=True)).to_have_count(1)


CALLED_TWICE = """async ([script, plotly, figure]) => {
  const { default: render } = await import(script)
  const place = document.querySelector("[data-testid=stMain]").appendChild(document.createElement("div"))
  const data = { plotly, digest: "1", height: 200, name: "n", alt: "Called twice", select: false, figure }
  const first = render({ parentElement: place, data })
  window.second = render({ parentElement: place, data: { ...data, digest: "2" } })
  first()
}"""


def test_a_call_that_ends_late_takes_nothing_from_the_next(page: Page) -> None:
    """Streamlit ends a call that was overtaken while the script was still being fetched."""
    figure = packed(go.Figure(go.Bar(y=[1, 2])).to_json())
    page.evaluate(CALLED_TWICE, [FIGURE.url, PLOTLY.url, figure])
    twice = page.get_by_role("figure", name="Called twice")
    twice.scroll_into_view_if_needed()
    expect(bars(twice)).to_have_count(2)
    page.evaluate("window.second()")
    expect(twice).to_have_count(0)


def test_what_cannot_be_drawn_says_so_and_is_drawn_later(watched: WatchedPage, address: str) -> None:
    page = watched.page
    page.route("**/plotly.min.js", lambda route: route.abort())
    page.goto(address)
    expect(near(page)).to_contain_text("could not be drawn. Reload the page", timeout=PATIENCE)
    page.unroute("**/plotly.min.js")
    choose(page, "second")
    expect(bars(near(page))).to_have_count(3, timeout=PATIENCE)
    expect(near(page)).not_to_contain_text("could not be drawn")
    assert watched.problems
    watched.problems = [text for text in watched.problems if "404" not in text and "ERR_FAILED" not in text]
