//! What the pictures show. A scene is data; playing it is the same for all.

/// One picture, in each of its sizes.
pub(crate) struct Scene {
    /// First part of the file's name.
    pub(crate) name: &'static str,
    /// Columns and rows.
    pub(crate) sizes: &'static [(u16, u16)],
    /// Files in the folder where everything runs, such as `config.toml`: name and content.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// Arguments of `adsync` commands that run to their end before the console opens.
    pub(crate) before: &'static [&'static [&'static str]],
    /// Arguments of the `adsync` that is shown.
    pub(crate) args: &'static [&'static str],
    /// Further variables; `HOME`, `TERM`, `TZ` and the like are set already.
    pub(crate) env: &'static [(&'static str, &'static str)],
    /// What happens then. The picture is taken after the last step, once nothing is drawn any more.
    pub(crate) steps: &'static [Step],
}

/// One thing that an operator does or waits for.
#[expect(dead_code, reason = "scenes come with the console")]
pub(crate) enum Step {
    /// Until the screen shows a text.
    WaitFor(&'static str),
    /// Until the screen no longer shows a text.
    WaitUntilGone(&'static str),
    /// Until nothing is drawn for a moment.
    WaitUntilStill,
    /// Keys; `support::pty::keys` has the special ones.
    Type(&'static str),
}

/// The sizes of every picture: the smallest terminal that adsync supports, and a large one.
#[expect(dead_code, reason = "scenes come with the console")]
pub(crate) const SIZES: &[(u16, u16)] = &[(80, 24), (140, 40)];

/// Every scene. A scene looks like this:
///
/// ```ignore
/// Scene {
///     name: "run",
///     sizes: SIZES,
///     files: &[],
///     before: &[&["sync", "--all"]],
///     args: &[],
///     env: &[],
///     steps: &[Step::WaitFor("proved"), Step::Type(keys::ENTER), Step::WaitFor("certificate")],
/// }
/// ```
pub(crate) const SCENES: &[Scene] = &[];

/// Everything that the renderer must master, as `printf` of a shell takes it.
pub(crate) const PALETTE: &str = concat!(
    "\\033[?25l┌─ light ──┬─────┐ ┏━ heavy ━━┳━━━━━┓ ╔═ double ═╦═════╗ ╭─ round ──────────╮\\r\\n",
    "│ a        │ bgj │ ┃ a        ┃ bgj ┃ ║ a        ║ bgj ║ │ Wagyu |_| {}[] @ │\\r\\n",
    "├──────────┼─────┤ ┣━━━━━━━━━━╋━━━━━┫ ╠══════════╬═════╣ │ 0O 1lI ;: ÄÖÜ ß é│\\r\\n",
    "└──────────┴─────┘ ┗━━━━━━━━━━┻━━━━━┛ ╚══════════╩═════╝ ╰──────────────────╯\\r\\n",
    "████████▉ ▊ ▋ ▌ ▍ ▎ ▏ ▐  ▁▂▃▄▅▆▇█▇▆▅▄▃▂▁  ▀▀▄▄ ░░▒▒▓▓██  ▖▗▘▙▚▛▜▝▞▟ ▔▕\\r\\n",
    "\\033[30m30 \\033[31m31 \\033[32m32 \\033[33m33 \\033[34m34 \\033[35m35 \\033[36m36 \\033[37m37 ",
    "\\033[90m90 \\033[91m91 \\033[92m92 \\033[93m93 \\033[94m94 \\033[95m95 \\033[96m96 \\033[97m97\\033[0m\\r\\n",
    "\\033[40m40 \\033[41m41 \\033[42m42 \\033[43m43 \\033[44m44 \\033[45m45 \\033[46m46 \\033[47m47 ",
    "\\033[100m100\\033[101m101\\033[102m102\\033[103m103\\033[104m104\\033[105m105\\033[106m106\\033[107m107\\033[0m\\r\\n",
    "\\033[1mbold\\033[0m \\033[2mdim\\033[0m \\033[3mitalic\\033[0m \\033[4munderline\\033[0m \\033[7minverse\\033[0m ",
    "\\033[1;3;4;31mall of it\\033[0m \\033[7;32minverse green\\033[0m \\033[2;33mdim yellow\\033[0m\\r\\n",
    "\\033[38;5;208m256: 208 \\033[38;5;63m63 \\033[38;5;244m244\\033[0m \\033[38;2;255;128;64mrgb\\033[0m ",
    "\\033[48;2;30;60;90m background \\033[48;5;52m another \\033[0m\\r\\n",
    "✔ ✘ ● ○ ◐ ◆ ▲ ▼ ▶ ◀ → ← ↑ ↓ ⏎ … · • × ÷ ≤ ≥ µ € ⠋⠙⠹⠸⠼⠴⠦⠧ ⚠ ℹ ⚑ ↻ ⟳ ∞\\r\\n",
    "\\033[44m wide: 広告 \\033[0m| one cell later\\r\\n",
    "\\033[42m\\033[30m████\\033[0m\\033[42m    \\033[0m\\033[32m████▌\\033[90m━━━━━━\\033[0m 62 %%\\r\\n",
    "the end",
);
