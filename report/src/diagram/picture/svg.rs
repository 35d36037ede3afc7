//! A drawing as SVG. Colours come from the page's style sheet.

use std::fmt::{self, Display, Formatter};

use super::{Arrow, LINE, Line, Picture, Shape};

impl Display for Picture {
    /// The `svg` element. Nodes and frames have `data-name`, arrows `data-from` and `data-to`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { width, height, title, .. } = self;
        write!(
            f,
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-label=\"{}\">",
            escaped(title)
        )?;
        for frame in &self.frames {
            shape(frame, 10, f)?;
        }
        // Labels come last, so that no line crosses them.
        for arrow in &self.arrows {
            self.line(arrow, f)?;
        }
        for node in &self.nodes {
            shape(node, 4, f)?;
        }
        for arrow in &self.arrows {
            self.label(arrow, f)?;
        }
        write!(f, "</svg>")
    }
}

fn shape(shape: &Shape, radius: i32, f: &mut Formatter<'_>) -> fmt::Result {
    let Shape { name, class, x, y, width, height, lines } = shape;
    write!(
        f,
        "<g class=\"{class}\" data-name=\"{}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" \
         height=\"{height}\" rx=\"{radius}\"/>",
        escaped(name)
    )?;
    for (number, line) in lines.iter().enumerate() {
        let (x, y) = (x + 9, y + 4 + (number as i32 + 1) * LINE);
        let class = if number == 0 { " class=\"name\"" } else { "" };
        write!(f, "<text x=\"{x}\" y=\"{y}\"{class}>{}</text>", escaped(line))?;
    }
    write!(f, "</g>")
}

/// A point of the drawing.
type Point = (i32, i32);

impl Picture {
    /// The ends of an arrow, and the points that bend it (a cubic Bézier curve).
    fn curve(&self, arrow: &Arrow) -> [Point; 4] {
        let (from, to) = (&self.nodes[arrow.from], &self.nodes[arrow.to]);
        let middle = |shape: &Shape| shape.y + shape.height / 2;
        if from.x == to.x {
            // In one column: around the side.
            let (side, bend) = (from.x + from.width, 40);
            let (a, b) = (middle(from), middle(to));
            return [(side, a), (side + bend, a), (side + bend, b), (side, b)];
        }
        let (x0, x1) =
            if from.x < to.x { (from.x + from.width, to.x) } else { (from.x, to.x + to.width) };
        let half = (x1 - x0) / 2;
        if let Some(low) = self.in_the_way(from, to) {
            // Below them.
            let low = low + 60;
            let (a, b) = (from.y + from.height - 8, to.y + to.height - 8);
            return [(x0, a), (x0 + half / 3, low), (x1 - half / 3, low), (x1, b)];
        }
        let (a, b) = (middle(from), middle(to));
        [(x0, a), (x0 + half, a), (x1 - half, b), (x1, b)]
    }

    /// The lower end of the nodes that stand between two others, if any do.
    fn in_the_way(&self, from: &Shape, to: &Shape) -> Option<i32> {
        let (left, right) = (from.x.min(to.x), from.x.max(to.x));
        let (top, bottom) = (from.y.min(to.y), (from.y + from.height).max(to.y + to.height));
        let between = self.nodes.iter().filter(|node| {
            node.x > left && node.x < right && node.y < bottom && node.y + node.height > top
        });
        between.map(|node| node.y + node.height).max()
    }

    fn line(&self, arrow: &Arrow, f: &mut Formatter<'_>) -> fmt::Result {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = self.curve(arrow);
        let class = match arrow.line {
            Line::Solid => "solid",
            Line::Dotted => "dotted",
            Line::Joined => "joined",
        };
        let (from, to) = (&self.nodes[arrow.from].name, &self.nodes[arrow.to].name);
        write!(
            f,
            "<path class=\"{class}\" data-from=\"{}\" data-to=\"{}\" \
             d=\"M{x0} {y0}C{x1} {y1} {x2} {y2} {x3} {y3}\"/>",
            escaped(from),
            escaped(to)
        )?;
        if arrow.line == Line::Joined {
            return Ok(());
        }
        // The last control point tells from where the line comes in.
        let back = if x2 <= x3 { -8 } else { 8 };
        write!(f, "<path class=\"head\" d=\"M{x3} {y3}l{back} -4v8z\"/>")
    }

    fn label(&self, arrow: &Arrow, f: &mut Formatter<'_>) -> fmt::Result {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = self.curve(arrow);
        // The middle of the curve.
        let (x, y) = ((x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8);
        // Above the line, unless it is so much that it would cover what stands there.
        let lines = arrow.label.len() as i32;
        let top = if lines > 2 { y + 14 } else { y - 4 - (lines - 1) * 12 };
        for (number, line) in arrow.label.iter().enumerate() {
            let y = top + number as i32 * 12;
            write!(f, "<text class=\"note\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(line))?;
        }
        Ok(())
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
