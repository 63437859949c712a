//! Latency against rate, as SVG.

use std::fmt::Write;

use super::scenario::Figures;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;

/// Draws p50, p90 and p99 of every scenario. Latency is on a logarithmic scale: it spans three orders of magnitude.
pub(super) fn draw(figures: &[Figures], title: &str) -> String {
    let rate_max = figures.iter().map(Figures::rate).fold(1.0, f64::max) * 1.05;
    let highest = figures.iter().map(|one| one.latency.p99).fold(10.0, f64::max);
    let lowest = figures.iter().map(|one| one.latency.p50).fold(f64::INFINITY, f64::min).max(0.1).min(highest);
    let (floor, ceiling) = (lowest.log10().floor(), highest.log10().ceil());
    let x = |rate: f64| LEFT + rate / rate_max * (WIDTH - LEFT - RIGHT);
    let y = |ms: f64| {
        let share = (ms.max(0.1).log10() - floor) / (ceiling - floor).max(1.0);
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    text(&mut svg, LEFT, 24.0, "start", title);
    axes(&mut svg, rate_max, (floor, ceiling), &x, &y);
    for (index, (label, colour)) in [("p50", "#1b6ca8"), ("p90", "#d08a1d"), ("p99", "#b3261e")].iter().enumerate() {
        let key = TOP + 20.0 * index as f64;
        circle(&mut svg, WIDTH - RIGHT + 30.0, key, colour);
        text(&mut svg, WIDTH - RIGHT + 40.0, key + 4.0, "start", label);
        for one in figures {
            let latency = [one.latency.p50, one.latency.p90, one.latency.p99][index];
            circle(&mut svg, x(one.rate()), y(latency), colour);
        }
    }
    for one in figures {
        text(&mut svg, x(one.rate()), y(one.latency.p99) - 9.0, "middle", one.name);
    }
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String, rate_max: f64, (floor, ceiling): (f64, f64), x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) {
    let step = [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0].into_iter().find(|step| rate_max / step <= 10.0);
    let step = step.unwrap_or(10_000.0);
    let mut rate = 0.0;
    while rate <= rate_max {
        line(svg, (x(rate), TOP), (x(rate), HEIGHT - BOTTOM));
        text(svg, x(rate), HEIGHT - BOTTOM + 18.0, "middle", &format!("{rate:.0}"));
        rate += step;
    }
    let mut power = floor;
    while power <= ceiling {
        let ms = 10_f64.powf(power);
        line(svg, (LEFT, y(ms)), (WIDTH - RIGHT, y(ms)));
        text(svg, LEFT - 8.0, y(ms) + 4.0, "end", &format!("{ms}"));
        power += 1.0;
    }
    text(svg, (WIDTH - RIGHT + LEFT) / 2.0, HEIGHT - 18.0, "middle", "committed transactions a second");
    text(svg, 8.0, TOP - 10.0, "start", "ms from submission to verified receipt");
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let (x1, y1, x2, y2) = (from.0, from.1, to.0, to.1);
    push(svg, format_args!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>"));
}

fn circle(svg: &mut String, x: f64, y: f64, colour: &str) {
    push(svg, format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>"));
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    push(svg, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"));
}

fn push(svg: &mut String, element: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(svg, "{element}");
}
