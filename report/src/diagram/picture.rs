//! A topology as a drawing: networks as frames, hosts and boxes in columns by their distance from the
//! client, arrows between them. The same nodes, arrows and words as the Mermaid flowchart, laid out
//! here, so that a page needs nothing else to show it and can draw a packet's way over it.

mod svg;

use std::collections::VecDeque;

use pasvlab_scenarios::{Role, Topology};

use super::edges::{self, Edge, Line};
use super::labels;
use super::walk::{self, Node};

/// Width of a node.
const WIDTH: i32 = 196;
/// From one column to the next.
const COLUMN: i32 = WIDTH + 104;
/// Height of a line of text.
const LINE: i32 = 15;
/// Blank around the drawing, and inside of frames.
const PAD: i32 = 14;
/// Characters of a line in a node, and on an arrow.
const NODE_TEXT: usize = 25;
const EDGE_TEXT: usize = 15;
/// Below the nodes of a frame: where the end of a way is marked.
const FOOT: i32 = 34;

/// A topology as a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    title: String,
    width: i32,
    height: i32,
    frames: Vec<Shape>,
    nodes: Vec<Shape>,
    arrows: Vec<Arrow>,
}

/// A rectangle with text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    /// The same as in the flowchart.
    name: String,
    class: &'static str,
    x: i32,
    y: i32,
    width: i32,
    height: i32,
    lines: Vec<String>,
}

/// A line between two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Arrow {
    from: usize,
    to: usize,
    line: Line,
    label: Vec<String>,
}

impl Picture {
    /// Draws a topology.
    #[must_use]
    pub fn of(topology: &Topology) -> Self {
        Layout::new(topology).picture()
    }
}

/// Nodes that stay together: those of a network, or one between networks.
struct Group {
    network: Option<Node>,
    nodes: Vec<usize>,
    columns: [usize; 2],
    row: usize,
}

struct Layout<'a> {
    topology: &'a Topology,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Each node's column.
    columns: Vec<usize>,
    /// Each node's lines of text.
    lines: Vec<Vec<String>>,
    groups: Vec<Group>,
}

impl<'a> Layout<'a> {
    fn new(topology: &'a Topology) -> Self {
        let mut nodes = super::nodes(topology);
        let crossed = super::networks(topology).into_iter();
        let crossed = crossed.filter(|ix| !walk::occupied(topology, *ix)).map(Node::Network);
        nodes.extend(crossed);
        let edges = edges::edges(topology);
        let columns = columns(&nodes, &edges);
        let lines = nodes.iter().map(|node| wrapped(&labels::node(topology, *node), NODE_TEXT));
        let lines = lines.collect();
        let mut layout = Self { topology, nodes, edges, columns, lines, groups: Vec::new() };
        layout.group();
        layout
    }

    /// Puts nodes into groups, and groups into the first row where they have room.
    fn group(&mut self) {
        let mut groups: Vec<Group> = Vec::new();
        for (ix, node) in self.nodes.iter().enumerate() {
            let network = walk::home(self.topology, *node).map(Node::Network);
            let column = self.columns[ix];
            let known =
                groups.iter_mut().find(|group| network.is_some() && group.network == network);
            match known {
                Some(group) => {
                    group.nodes.push(ix);
                    group.columns = [group.columns[0].min(column), group.columns[1].max(column)];
                }
                None => {
                    groups.push(Group { network, nodes: vec![ix], columns: [column; 2], row: 0 });
                }
            }
        }
        groups.sort_by_key(|group| group.columns[0]);
        for ix in 0..groups.len() {
            let [first, last] = groups[ix].columns;
            let taken = |row: usize| {
                groups[..ix].iter().any(|other| {
                    other.row == row && other.columns[0] <= last && other.columns[1] >= first
                })
            };
            groups[ix].row = (0..).find(|row| !taken(*row)).unwrap_or_default();
        }
        self.groups = groups;
    }

    fn picture(&self) -> Picture {
        let rows = self.groups.iter().map(|group| group.row).max().unwrap_or_default();
        let (mut frames, mut nodes) = (Vec::new(), vec![None; self.nodes.len()]);
        let mut top = PAD;
        for row in 0..=rows {
            let mut bottom = top;
            let in_row = || self.groups.iter().filter(|group| group.row == row);
            // Below the titles of all frames, so that what stands side by side is level.
            let titles = in_row().map(|group| self.title(group).len()).max().unwrap_or_default();
            let head = titles as i32 * LINE + PAD;
            for group in in_row() {
                let height = self.place(group, (top, head), &mut nodes);
                bottom = bottom.max(top + height);
                frames.extend(self.frame(group, top, height));
            }
            top = bottom + 2 * PAD;
        }
        let last = self.columns.iter().max().copied().unwrap_or_default();
        Picture {
            title: self.topology.title.clone(),
            width: left(last) + WIDTH + 2 * PAD,
            height: top - PAD,
            frames,
            nodes: nodes.into_iter().flatten().collect(),
            arrows: self.edges.iter().filter_map(|edge| self.arrow(edge)).collect(),
        }
    }

    /// Gives the nodes of a group their places, `head` below `top`; returns the height of all.
    fn place(&self, group: &Group, (top, head): (i32, i32), shapes: &mut [Option<Shape>]) -> i32 {
        let mut tallest = 0;
        for column in group.columns[0]..=group.columns[1] {
            let mut y = top + head;
            for ix in group.nodes.iter().copied().filter(|ix| self.columns[*ix] == column) {
                let height = self.lines[ix].len() as i32 * LINE + 14;
                shapes[ix] = Some(Shape {
                    name: super::name(self.topology, self.nodes[ix]),
                    class: self.class(self.nodes[ix]),
                    x: left(column),
                    y,
                    width: WIDTH,
                    height,
                    lines: self.lines[ix].clone(),
                });
                y += height + PAD;
            }
            tallest = tallest.max(y - top);
        }
        tallest - PAD + FOOT
    }

    fn frame(&self, group: &Group, top: i32, height: i32) -> Option<Shape> {
        let network = group.network?;
        let [first, last] = group.columns;
        Some(Shape {
            name: super::name(self.topology, network),
            class: "frame",
            x: left(first) - PAD,
            y: top,
            width: left(last) - left(first) + WIDTH + 2 * PAD,
            height,
            lines: self.title(group),
        })
    }

    fn title(&self, group: &Group) -> Vec<String> {
        let Some(network) = group.network else { return Vec::new() };
        let span = group.columns[1] - group.columns[0];
        wrapped(&labels::node(self.topology, network), NODE_TEXT + 40 * span)
    }

    fn class(&self, node: Node) -> &'static str {
        match node {
            Node::Host(ix) => match self.topology.hosts[ix].role {
                Role::Client => "client",
                Role::Server => "server",
                Role::Bystander | Role::Proxy => "host",
            },
            Node::Network(_) => "crossed",
            _ => "box",
        }
    }

    fn arrow(&self, edge: &Edge) -> Option<Arrow> {
        let place = |node: Node| self.nodes.iter().position(|other| *other == node);
        Some(Arrow {
            from: place(edge.from)?,
            to: place(edge.to)?,
            line: edge.line,
            label: wrapped(&[labels::edge(self.topology, edge)], EDGE_TEXT),
        })
    }
}

fn left(column: usize) -> i32 {
    2 * PAD + column as i32 * COLUMN
}

/// Each node's column: its distance from the client, along solid arrows first.
fn columns(nodes: &[Node], edges: &[Edge]) -> Vec<usize> {
    let place = |node: Node| nodes.iter().position(|other| *other == node);
    let mut columns: Vec<Option<usize>> = vec![None; nodes.len()];
    // The client comes first.
    columns[0] = Some(0);
    let solid = |edge: &&Edge| edge.line == Line::Solid;
    for all in [false, true] {
        let known = (0..nodes.len()).filter(|ix| columns[*ix].is_some());
        let mut queue: VecDeque<usize> = known.collect();
        while let Some(ix) = queue.pop_front() {
            let column = columns[ix].unwrap_or_default();
            for edge in edges.iter().filter(|edge| all || solid(edge)) {
                let (from, to) = (place(edge.from), place(edge.to));
                let next = match (from, to) {
                    (Some(from), Some(to)) if from == ix => to,
                    (Some(from), Some(to)) if to == ix && all => from,
                    _ => continue,
                };
                if columns[next].is_none() {
                    columns[next] = Some(column + 1);
                    queue.push_back(next);
                }
            }
        }
    }
    columns.into_iter().map(Option::unwrap_or_default).collect()
}

/// Lines that are not longer than `width` characters, unless a word is.
fn wrapped(lines: &[String], width: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for line in lines {
        let mut start = true;
        for word in line.split_whitespace() {
            match wrapped.last_mut() {
                Some(last)
                    if !start && last.chars().count() + 1 + word.chars().count() <= width =>
                {
                    last.push(' ');
                    last.push_str(word);
                }
                _ => wrapped.push(word.to_owned()),
            }
            start = false;
        }
    }
    wrapped
}
