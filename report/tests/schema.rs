//! The committed schemas are those of the types, and what is written as JSON can be read back.

use pasvlab_harness::{Scenario, judge};
use pasvlab_report::json::Json;
use pasvlab_report::story::Story;
use pasvlab_report::{Renderer, Session, schema};
use pasvlab_scenarios::{Catalog, DEFAULT_SERVER};
use serde_json::Value;

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let hint = "make them anew with\n  cargo run --release -- bless";
    assert!(include_str!("../schema/matrix.json") == schema::matrix(), "{hint}");
    assert!(include_str!("../schema/session.json") == schema::session(), "{hint}");
}

#[test]
fn every_field_of_a_schema_is_explained() {
    for text in [schema::matrix(), schema::session()] {
        let schema: Value = serde_json::from_str(&text).expect("JSON");
        let parts = schema["$defs"].as_object().into_iter().flatten().map(|(_, part)| part);
        for part in parts.chain([&schema]) {
            for (name, field) in part["properties"].as_object().into_iter().flatten() {
                assert!(field["description"].is_string(), "{name} has no description");
            }
        }
    }
}

#[test]
fn a_session_as_json_is_its_story_and_keeps_its_fixes() {
    let catalog = Catalog::builtin().expect("the built-in catalogue is sound");
    let cell = "privatelink/auto/lftp".parse().expect("a cell");
    let scenario = Scenario::of_cell(&catalog, &cell, DEFAULT_SERVER, 1).expect("known ids");
    let scenario = scenario.expect("a setting of the topology");
    let record = pasvlab_harness::run(&scenario);
    let fixes = ["set PassiveIp to 10.1.135.46".to_owned()];
    let session = Session {
        topology: scenario.topology,
        record: &record,
        verdict: &judge(&record),
        fixes: &fixes,
        packets: false,
    };
    let mut bytes = Vec::new();
    Json.write(&session, &mut bytes).expect("writing to memory");
    let story: Story = serde_json::from_slice(&bytes).expect("a story");
    assert_eq!(story, session.story());
    assert_eq!(story.fixes, fixes);
    assert_eq!(story.cell.cause.as_deref(), Some("passive-address-private"));
    let lost = story.ways[0].lost.as_ref().expect("the packet was lost");
    assert_eq!((lost.reason.as_str(), lost.at.name.as_str()), ("no-route", "router of consumer"));
    assert_eq!(story.ways[0].points.len(), 1, "it got no further than the client");
}
