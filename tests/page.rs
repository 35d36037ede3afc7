//! The page of `pasvlab matrix --format html` in a browser: Chromium without a window. Where there is
//! none that is said, and fails if PASVLAB_REQUIRE_PROGRAMS is set.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use headless_chrome::browser::tab::Tab;
use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::{Browser, LaunchOptions};
use serde_json::Value;

/// A page with two topologies, and a browser that shows it.
struct Shown {
    browser: Browser,
    page: PathBuf,
}

impl Shown {
    /// None if there is no browser.
    fn start(name: &str) -> Option<Self> {
        let path = chromium()?;
        let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.html"));
        let status = Command::new(env!("CARGO_BIN_EXE_pasvlab"))
            .args(["matrix", "--topology", "nlb", "--topology", "privatelink"])
            .args(["--format", "html", "--no-fixes", "--output"])
            .arg(&page)
            .status();
        assert!(status.expect("pasvlab runs").success());
        let options = LaunchOptions {
            path: Some(path),
            // Root has no sandbox of Chromium's; the page is our own.
            sandbox: false,
            window_size: Some((1280, 1000)),
            ..LaunchOptions::default()
        };
        let browser = Browser::new(options).expect("Chromium starts");
        Some(Self { browser, page })
    }

    /// The page in a tab of its own; `fragment` is empty or begins with `#`.
    fn open(&self, fragment: &str) -> Arc<Tab> {
        let tab = self.browser.new_tab().expect("a tab");
        let url = format!("file://{}{fragment}", self.page.display());
        tab.navigate_to(&url).expect("a page").wait_until_navigated().expect("it loads");
        tab
    }
}

#[expect(clippy::print_stderr, reason = "says what was skipped")]
fn chromium() -> Option<PathBuf> {
    if std::env::var_os("PASVLAB_THOROUGH").is_none() {
        eprintln!("skipped: takes a minute; PASVLAB_THOROUGH=1 runs it");
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path)
        .flat_map(|directory| names.map(|name| directory.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        let missing = "skipped: chromium is missing";
        assert!(std::env::var_os("PASVLAB_REQUIRE_PROGRAMS").is_none(), "{missing}");
        eprintln!("{missing}");
    }
    found
}

/// The value of an expression.
fn value(tab: &Tab, expression: &str) -> Value {
    let text = tab.evaluate(&format!("JSON.stringify({expression})"), false).expect("it runs");
    let text = text.value.unwrap_or_else(|| panic!("no value: {expression}"));
    serde_json::from_str(text.as_str().expect("text")).expect("JSON")
}

fn does(tab: &Tab, statement: &str) {
    tab.evaluate(statement, false).expect("it runs");
}

/// The id of the cell whose story is open; null if none is.
const OPEN: &str = "document.getElementById('story').open ? location.hash.slice(1) : null";
const TITLE: &str = "document.getElementById('story-title').textContent";
const FOCUS: &str = "document.activeElement.hash ?? document.activeElement.id";

#[test]
fn a_click_on_a_cell_opens_its_story_and_escape_closes_it() {
    let Some(shown) = Shown::start("click") else { return };
    let tab = shown.open("");
    assert_eq!(value(&tab, OPEN), Value::Null);
    let cell = tab.find_element("a[href='#privatelink/zero/wget']").expect("a cell");
    cell.click().expect("a click");
    assert_eq!(value(&tab, OPEN), "privatelink/zero/wget");
    assert_eq!(value(&tab, TITLE), "wget through privatelink, PassiveIp zero");
    assert_eq!(value(&tab, FOCUS), "story-title", "a screen reader begins there");
    let told = value(&tab, "document.getElementById('story').innerText");
    let told = told.as_str().expect("text");
    for part in [
        "0.0.0.0 is the client's own host on Linux",
        "client-dialled-itself",
        "227 Entering Passive Mode (0,0,0,0,32,0)",
        "pasvlab run privatelink/zero/wget --seed 1",
    ] {
        assert!(told.contains(part), "no {part:?} in:\n{told}");
    }
    tab.press_key("Escape").expect("a key");
    assert_eq!(value(&tab, OPEN), Value::Null);
    assert_eq!(value(&tab, FOCUS), "#privatelink/zero/wget", "back where it was");
}

#[test]
fn arrow_keys_walk_the_grid_and_enter_opens_a_story() {
    let Some(shown) = Shown::start("keys") else { return };
    let tab = shown.open("");
    does(&tab, "document.querySelector(\"a[href='#nlb/auto/lftp']\").focus()");
    for (key, cell) in [
        ("ArrowRight", "#nlb/nlb/lftp"),
        ("ArrowDown", "#nlb/nlb/lftp-epsv"),
        ("ArrowLeft", "#nlb/auto/lftp-epsv"),
        ("ArrowUp", "#nlb/auto/lftp"),
        ("End", "#privatelink/zero/lftp"),
        ("Home", "#nlb/auto/lftp"),
    ] {
        tab.press_key(key).expect("a key");
        assert_eq!(value(&tab, FOCUS), cell, "after {key}");
    }
    let stops = "document.querySelectorAll(\"#matrix td a[tabindex='0']\").length";
    assert_eq!(value(&tab, stops), 1, "Tab goes past the grid, not through it");
    tab.press_key("Enter").expect("a key");
    assert_eq!(value(&tab, OPEN), "nlb/auto/lftp");
}

#[test]
fn an_address_with_a_cell_in_it_opens_the_story_of_the_cell() {
    let Some(shown) = Shown::start("link") else { return };
    let tab = shown.open("#privatelink/auto/lftp");
    assert_eq!(value(&tab, OPEN), "privatelink/auto/lftp");
    assert_eq!(value(&tab, TITLE), "lftp through privatelink, PassiveIp auto");
    let drawn =
        value(&tab, "[...document.querySelectorAll('#story svg .mark')].map(m => m.textContent)");
    assert_eq!(drawn, serde_json::json!(["lost at router of consumer"]));
    let topology = shown.open("#nlb");
    assert_eq!(value(&topology, TITLE), "nlb");
    assert_eq!(value(&topology, "document.querySelectorAll('#story svg').length"), 1);
    let unknown = shown.open("#privatelink/auto/nobody");
    assert_eq!(value(&unknown, OPEN), Value::Null);
}

/// Cells that are shown and not dimmed, as ids.
const VISIBLE: &str = "[...document.querySelectorAll('#matrix td:not(.dim) a')]\
    .filter(link => link.offsetParent).map(link => link.hash.slice(1))";

#[test]
fn filters_leave_the_cells_that_fit() {
    let Some(shown) = Shown::start("filters") else { return };
    let tab = shown.open("");
    let all = value(&tab, VISIBLE).as_array().expect("a list").clone();
    let outcome_of = |id: &Value| {
        value(
            &tab,
            &format!("document.querySelector(`a[href='#${{{id}}}']`).parentElement.classList[0]"),
        )
    };
    let choose = |id: &str, choice: &str| {
        does(
            &tab,
            &format!(
                "{{ const field = document.getElementById('{id}'); field.value = '{choice}'; \
             field.dispatchEvent(new Event('input', {{ bubbles: true }})); }}"
            ),
        );
        value(&tab, VISIBLE).as_array().expect("a list").clone()
    };
    let having = |part: &str| -> Vec<Value> {
        let has = |id: &&Value| id.as_str().is_some_and(|id| id.contains(part));
        all.iter().filter(has).cloned().collect()
    };
    tab.find_element("#filter-client").expect("a field").type_into("winscp").expect("typing");
    let found = value(&tab, VISIBLE);
    assert_eq!(found.as_array(), Some(&having("/winscp")));
    assert_eq!(choose("filter-client", ""), all);
    let of_nlb = all.iter().filter(|id| id.as_str().is_some_and(|id| id.starts_with("nlb/")));
    assert_eq!(choose("filter-topology", "nlb"), of_nlb.cloned().collect::<Vec<_>>());
    choose("filter-topology", "");
    assert_eq!(choose("filter-program", "wget"), having("/wget"));
    choose("filter-program", "");
    let refused = choose("filter-outcome", "refused");
    assert!(!refused.is_empty() && refused.len() < all.len());
    for id in &all {
        assert_eq!(refused.contains(id), outcome_of(id) == "refused", "{id}");
    }
    let count = value(&tab, "document.getElementById('count').textContent");
    assert_eq!(count, format!("{} of {} cells", refused.len(), all.len()));
    tab.find_element("#filters button[type=reset]").expect("a button").click().expect("a click");
    assert_eq!(value(&tab, VISIBLE), Value::Array(all));
}

#[test]
fn nothing_on_the_page_is_an_error_and_one_would_be_seen() {
    let Some(shown) = Shown::start("errors") else { return };
    let tab = shown.open("");
    let errors = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&errors);
    tab.add_event_listener(Arc::new(move |event: &Event| {
        let mut seen = seen.lock().expect("nobody panics with it");
        match event {
            Event::RuntimeExceptionThrown(thrown) => seen.push(format!("{thrown:?}")),
            Event::LogEntryAdded(entry) => seen.push(format!("{entry:?}")),
            _ => {}
        }
    }))
    .expect("a listener");
    tab.enable_log().expect("a log").enable_runtime().expect("a runtime");
    tab.reload(true, None).expect("a page").wait_until_navigated().expect("it loads");
    let ids = value(&tab, VISIBLE);
    for id in ids.as_array().expect("a list") {
        does(&tab, &format!("location.hash = {id}; dispatchEvent(new Event('hashchange'))"));
        assert_eq!(value(&tab, OPEN), *id);
    }
    for _ in 0..3 {
        does(&tab, "document.getElementById('theme').click()");
    }
    let before = errors.lock().expect("nobody panics with it").clone();
    assert!(before.is_empty(), "{before:?}");
    does(&tab, "setTimeout(() => { throw new Error('a test'); })");
    // The answer to this comes after the error.
    tab.evaluate("new Promise(done => setTimeout(done, 50))", true).expect("it runs");
    assert_eq!(errors.lock().expect("nobody panics with it").len(), 1);
}

/// Texts whose contrast is below what WCAG 2.2 asks for at level AA (1.4.3), and how many were looked
/// at.
const CONTRAST: &str = r"(() => {
  const parsed = (colour) => {
    const [r, g, b, a] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], alpha: a ?? 1 };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const rect = element.tagName === 'text' ? element.parentElement.querySelector('rect') : null;
    if (rect) return parsed(getComputedStyle(rect).fill).rgb;
    for (let at = element; at; at = at.parentElement) {
      const back = parsed(getComputedStyle(at).backgroundColor);
      if (back.alpha === 1) return back.rgb;
    }
    return [255, 255, 255];
  };
  const scope = document.getElementById('story').open ? '#story *' : 'body *';
  let looked = 0;
  const low = [];
  for (const element of document.querySelectorAll(scope)) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || ['SCRIPT', 'STYLE', 'OPTION'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const text = parsed(element.tagName === 'text' ? style.fill : style.color);
    const [light, dark] = [luminance(text.rgb), luminance(behind(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    looked += 1;
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (large ? 3 : 4.5)) low.push(`${element.tagName} ${element.textContent.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return { looked, low };
})()";

#[test]
fn every_text_stands_out_by_day_and_by_night() {
    let Some(shown) = Shown::start("contrast") else { return };
    for fragment in ["", "#privatelink/auto/lftp", "#privatelink/zero/wget", "#nlb"] {
        let tab = shown.open(fragment);
        let mut backs = Vec::new();
        for theme in ["light", "dark"] {
            does(&tab, &format!("document.documentElement.dataset.theme = '{theme}'"));
            let found = value(&tab, CONTRAST);
            assert_eq!(found["low"], serde_json::json!([]), "{theme} {fragment}");
            assert!(found["looked"].as_u64() > Some(8), "{found}");
            backs.push(value(&tab, "getComputedStyle(document.body).backgroundColor"));
        }
        assert_ne!(backs[0], backs[1], "there are two themes");
        // The measure can fail.
        does(&tab, "document.querySelectorAll('h2').forEach(h => h.style.color = '#888')");
        does(&tab, "document.querySelectorAll('h2').forEach(h => h.style.background = '#777')");
        assert_ne!(value(&tab, CONTRAST)["low"], serde_json::json!([]));
    }
}
