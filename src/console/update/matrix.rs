//! Keys of the screen of the matrix.

use super::profiles;
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::Model;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    profiles::on_command(model, command)
}
