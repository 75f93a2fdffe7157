//! What the pictures show. A scene is data; playing it is the same for all.

use crate::pty::keys;

/// One session of the console, and the pictures that are taken of it.
pub(crate) struct Scene {
    /// Files in the folder where everything runs: name and content, in which `{login}` stands for the login of the
    /// simulator.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// Arguments of the `adsync simulate` that serves the scene; none when the console brings its own.
    pub(crate) simulator: Option<&'static [&'static str]>,
    /// What happens.
    pub(crate) steps: &'static [Step],
}

/// One thing that happens.
pub(crate) enum Step {
    /// An `adsync` command runs to its end, however it ends: a failed sync is what the scene of an error shows.
    Run(&'static [&'static str]),
    /// The simulator is told something: a path below `/_sim/` and a body.
    Tell(&'static str, &'static str),
    /// A statement is run on the scene's database, for what is not the same on every machine and each day.
    Sql(&'static str),
    /// The console opens with these arguments.
    Open(&'static [&'static str]),
    /// Until the screen shows a text.
    WaitFor(&'static str),
    /// Until the screen has not changed for a second.
    WaitUntilSteady,
    /// Until the screen no longer shows a text.
    WaitUntilGone(&'static str),
    /// Keys; `pty::keys` has the special ones.
    Type(&'static str),
    /// A picture is taken in each of [`SIZES`], once nothing is drawn any more: the first part of its file's name.
    Picture(&'static str),
}

impl Scene {
    /// The names of its pictures.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Picture(name) => Some(*name),
            _ => None,
        })
    }

    /// The names of its files, without their endings.
    pub(crate) fn files_taken(&self) -> Vec<String> {
        self.pictures().flat_map(|name| SIZES.map(|size| file_name(name, size))).collect()
    }
}

/// `home` in 80 columns and 24 rows is `home-80x24`.
pub(crate) fn file_name(picture: &str, (cols, rows): (u16, u16)) -> String {
    format!("{picture}-{cols}x{rows}")
}

/// The sizes of every picture: the smallest terminal that adsync supports, and a large one.
pub(crate) const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];

/// Every scene.
pub(crate) const SCENES: &[Scene] = &[FIRST_START, MORNING];

/// What a newcomer sees: no configuration, the simulator in the same process.
const FIRST_START: Scene = Scene {
    files: &[],
    simulator: None,
    steps: &[
        Step::Open(&["--utc"]),
        Step::WaitFor("24 profiles"),
        // The requests that were sent for them are refilled.
        Step::WaitUntilSteady,
        Step::WaitFor("10/10"),
        Step::Picture("home-first"),
    ],
};

/// An ordinary morning: everything was proved some hours ago, and then not all went well.
const MORNING: Scene = Scene {
    files: &[
        ("config.toml", "[sync]\nconcurrent_profiles = 3\n[rate_limit]\nstart_per_second = 10\n{login}"),
        ("setup.toml", "[sync]\nconcurrent_profiles = 1\n[rate_limit]\nenabled = false\n{login}"),
    ],
    simulator: Some(&["--seed", "7", "--rate", "0", "--latency", "2ms", "--campaigns", "16"]),
    steps: &[
        Step::Run(&["--config", "setup.toml", "sync", "--all"]),
        Step::Tell("churn", ""),
        Step::Tell("scenario", include_str!("failures.toml")),
        Step::Run(&[
            "--config",
            "setup.toml",
            "sync",
            NORDLICHT_DE,
            "752048194034886",
            "1044730825326252",
            "371231657171130",
            "285634049112170111",
            "730828866209299",
        ]),
        Step::Sql(include_str!("ages.sql")),
        Step::Tell("scenario", include_str!("held_back.toml")),
        Step::Open(&["--utc"]),
        Step::WaitFor("24 profiles"),
        Step::WaitFor("10/10"),
        Step::Type("?"),
        Step::WaitFor("Keys"),
        Step::Picture("help"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("Keys"),
        // What went wrong.
        Step::Type("/status:failed,held\r"),
        Step::WaitFor("2 shown"),
        Step::Picture("filter"),
        Step::Type("e"),
        Step::WaitFor("will not recover"),
        Step::Picture("error"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("will not recover"),
        Step::Type(keys::DOWN),
        Step::Type("e"),
        Step::WaitFor("came back empty"),
        Step::Picture("review"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("came back empty"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("2 shown"),
        // What was proved.
        Step::Type("/nordlicht de"),
        Step::WaitFor("1 shown"),
        Step::Type("\r\r"),
        Step::WaitFor("without token"),
        Step::Picture("run"),
        Step::Type("t"),
        Step::WaitUntilGone("PROOF"),
        Step::Picture("timeline"),
        Step::Type("t"),
        Step::WaitFor("PROOF"),
        Step::Type("d"),
        Step::WaitFor("changes of run"),
        Step::WaitFor("newest first"),
        Step::Picture("changes"),
        Step::Type(keys::ESC),
        Step::WaitFor("without token"),
        Step::Type("h"),
        Step::WaitFor("runs of"),
        Step::WaitFor("duration"),
        Step::Picture("history"),
        Step::Type(keys::ESC),
        Step::WaitFor("without token"),
        Step::Type(keys::ESC),
        Step::WaitFor("1 shown"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("1 shown"),
        // All of them, seen from elsewhere.
        Step::Type("3"),
        Step::WaitFor("1 cause"),
        Step::Picture("errors"),
        Step::Type("5"),
        Step::WaitFor("◷S stale"),
        Step::WaitFor("portfolios of"),
        Step::WaitUntilSteady,
        Step::Picture("matrix"),
        Step::Type("1"),
        Step::WaitFor("LAST SYNC"),
        Step::Type(":mat"),
        Step::WaitFor("Matrix"),
        Step::Picture("palette"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("Find"),
        Step::Type("as"),
        Step::WaitFor("profiles?"),
        Step::WaitFor("requests"),
        Step::Picture("bulk"),
        Step::Type("n"),
        Step::Type("a"),
        Step::WaitUntilGone("selected"),
        // What goes on: one is asked to wait, two stand still, one waits for its turn.
        Step::Type(">>>>"),
        Step::WaitFor("by status"),
        Step::Type("/id:1837230269754081,175367077761907500"),
        Step::WaitFor("2 shown"),
        Step::Type("\ra"),
        Step::WaitFor("2 selected"),
        Step::Type("s"),
        Step::WaitFor("Sync 2 profiles?"),
        Step::WaitFor("requests"),
        Step::Type("y"),
        Step::WaitFor("2 syncs requested"),
        Step::WaitFor("‖ throttled"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("2 shown"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("2 selected"),
        Step::Type("/id:1316072840206549"),
        Step::WaitFor("1 shown"),
        Step::Type("\rs"),
        Step::WaitFor("1 sync requested"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("1 shown"),
        Step::Type("/id:124179310792744"),
        Step::WaitFor("1 shown"),
        Step::Type("\rs"),
        Step::WaitFor("1 sync requested"),
        Step::Type(keys::ESC),
        Step::WaitUntilGone("1 shown"),
        Step::WaitFor("○ queued"),
        Step::Type("g"),
        Step::WaitFor("page 7: 1,000 rows"),
        Step::WaitFor("paused, next call"),
        Step::Picture("home"),
        // What it waits for, and what was told of it.
        Step::Type("6"),
        Step::WaitFor("REFUSED"),
        Step::WaitFor("10/10"),
        Step::Picture("limits"),
        Step::Type("7"),
        Step::WaitFor("following"),
        Step::Picture("logs"),
    ],
};

/// The profile whose second sync is shown.
const NORDLICHT_DE: &str = "186619745819765949";

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
