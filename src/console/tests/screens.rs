//! Every screen and every dialog as text, at the sizes that operators have.

use super::fixture::*;
use crate::console::*;

#[test]
fn look() {
    for size in [(80, 24), (120, 40), (60, 15), (170, 30)] {
        let mut m = model_of(overview(), size);
        println!("{}x{}\n{}", size.0, size.1, screen(&m));
        let n = m.home.rows().iter().position(|id| *id == NORDLICHT).unwrap();
        m.home.move_to(n);
        press(&mut m, "enter");
        println!("{}", screen(&m));
        press(&mut m, "j j");
        m.options.ascii = true;
        println!("{}", screen(&m));
        m.options.ascii = false;
        press(&mut m, "esc");
        let n = m.home.rows().iter().position(|id| *id == FJORD).unwrap();
        m.home.move_to(n);
        press(&mut m, "A");
        println!("{}", screen(&m));
        press(&mut m, "esc esc g e");
        println!("{}", screen(&m));
        press(&mut m, "esc q");
        println!("{}", screen(&m));
        press(&mut m, "n ?");
        println!("{}", screen(&m));
    }
}
