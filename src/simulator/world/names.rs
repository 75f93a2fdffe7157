//! Words: account names, product lines, keyword texts. Made up, but of the kind that is seen in
//! real accounts; umlauts, accents, kana and a quotation mark included on purpose.

use super::dice::{below, mix, pick};
use super::places::Language;

/// Brand-like account names; several marketplaces of one brand share one.
pub(crate) const BRANDS: &[&str] = &[
    "Nordlicht Outdoor",
    "Kestrel Home",
    "Maison Ondine",
    "Brightwater Kitchen",
    "Höhenluft Bergsport",
    "Papaya & Pine",
    "Tannenkrone Spielwaren",
    "Volt & Vessel",
    "Sakura 工房",
    "Little Heron Baby",
    "Copperfield Tools",
    "Fjällbris Textil",
    "Olive Grove Pantry",
    "Stellar Paws",
    "Grünwald Garten",
    "Casa Azafrán",
];

struct Words {
    lines: &'static [&'static str],
    before: &'static [&'static str],
    after: &'static [&'static str],
}

const ENGLISH: Words = Words {
    lines: &[
        "Trail Shoes",
        "Travel Mug",
        "Yoga Mat",
        "Camping Lantern",
        "Bamboo Cutting Board",
        "Dog Harness",
        "Desk Lamp",
        "Rain Jacket",
        "Baby Carrier",
        "Garden Hose",
        "7\" Tablet Sleeve",
        "Espresso Cups",
    ],
    before: &[
        "",
        "best ",
        "waterproof ",
        "lightweight ",
        "kids ",
        "women's ",
        "men's ",
        "small ",
        "premium ",
        "eco friendly ",
    ],
    after: &[
        "",
        " set",
        " gift",
        " for women",
        " for travel",
        " large",
        " black",
        " 2 pack",
        " under 30",
        " with handle",
    ],
};
const GERMAN: Words = Words {
    lines: &[
        "Wanderschuhe",
        "Thermobecher",
        "Yogamatte",
        "Campinglampe",
        "Schneidebrett Bambus",
        "Hundegeschirr",
        "Bürolampe",
        "Regenjacke",
        "Babytrage",
        "Gartenschlauch",
        "Küchenhelfer",
        "Espressotassen",
    ],
    before: &[
        "",
        "beste ",
        "wasserdichte ",
        "leichte ",
        "kinder ",
        "günstige ",
        "schöne ",
        "kleine ",
        "große ",
        "öko ",
    ],
    after: &[
        "",
        " set",
        " geschenk",
        " für damen",
        " für unterwegs",
        " groß",
        " schwarz",
        " 2er pack",
        " für männer",
        " mit griff",
    ],
};
const FRENCH: Words = Words {
    lines: &[
        "Chaussures de randonnée",
        "Gourde isotherme",
        "Tapis de yoga",
        "Lanterne de camping",
        "Planche à découper",
        "Harnais pour chien",
        "Lampe de bureau",
        "Veste imperméable",
        "Porte-bébé",
        "Tuyau d'arrosage",
    ],
    before: &["", "meilleure ", "petite ", "grande ", "belle ", "nouvelle "],
    after: &[
        "",
        " femme",
        " homme",
        " enfant",
        " pas cher",
        " légère",
        " noire",
        " lot de 2",
        " écologique",
        " été",
    ],
};
const SPANISH: Words = Words {
    lines: &[
        "Zapatillas de montaña",
        "Taza térmica",
        "Esterilla de yoga",
        "Farol de camping",
        "Tabla de cortar bambú",
        "Arnés para perro",
        "Lámpara de escritorio",
        "Chubasquero",
        "Portabebés",
        "Manguera de jardín",
    ],
    before: &["", "mejor ", "pequeña ", "gran ", "buena ", "nueva "],
    after: &[
        "",
        " mujer",
        " hombre",
        " niños",
        " barata",
        " ligera",
        " negra",
        " pack de 2",
        " ecológica",
        " baño",
    ],
};
const ITALIAN: Words = Words {
    lines: &[
        "Scarpe da trekking",
        "Tazza termica",
        "Tappetino yoga",
        "Lanterna da campeggio",
        "Tagliere in bambù",
        "Pettorina per cani",
        "Lampada da scrivania",
        "Giacca antipioggia",
        "Marsupio neonato",
    ],
    before: &["", "migliore ", "piccola ", "grande ", "nuova "],
    after: &["", " donna", " uomo", " bambini", " economica", " leggera", " nera", " set di 2", " qualità"],
};
const JAPANESE: Words = Words {
    lines: &[
        "トレッキングシューズ",
        "保温マグカップ",
        "ヨガマット",
        "キャンプランタン",
        "竹まな板",
        "犬用ハーネス",
        "デスクライト",
        "レインジャケット",
        "抱っこ紐",
        "散水ホース",
    ],
    before: &["", "人気 ", "防水 ", "軽量 ", "子供用 ", "おしゃれ "],
    after: &["", " レディース", " メンズ", " セット", " 大容量", " 黒", " 2個セット", " ギフト"],
};
const PORTUGUESE: Words = Words {
    lines: &[
        "Tênis de trilha",
        "Caneca térmica",
        "Tapete de yoga",
        "Lanterna de acampamento",
        "Tábua de bambu",
        "Peitoral para cães",
        "Luminária de mesa",
        "Jaqueta impermeável",
    ],
    before: &["", "melhor ", "pequena ", "grande ", "nova "],
    after: &["", " feminino", " masculino", " infantil", " leve", " preta", " kit 2", " promoção"],
};
const DUTCH: Words = Words {
    lines: &[
        "Wandelschoenen",
        "Thermosbeker",
        "Yogamat",
        "Kampeerlamp",
        "Snijplank bamboe",
        "Hondentuigje",
        "Bureaulamp",
        "Regenjas",
        "Draagzak",
        "Tuinslang",
    ],
    before: &["", "beste ", "lichte ", "kleine ", "grote ", "nieuwe "],
    after: &["", " dames", " heren", " kinderen", " zwart", " set van 2", " cadeau", " waterdicht"],
};

const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::French => &FRENCH,
        Language::Spanish => &SPANISH,
        Language::Italian => &ITALIAN,
        Language::Japanese => &JAPANESE,
        Language::Portuguese => &PORTUGUESE,
        Language::Dutch => &DUTCH,
    }
}

/// The product line that the `n`-th campaign of a product advertises.
pub(crate) fn line(language: Language, n: u32) -> &'static str {
    let lines = words(language).lines;
    lines[n as usize % lines.len()]
}

/// How often the product lines have been gone through before the `n`-th campaign.
pub(crate) fn round(language: Language, n: u32) -> u32 {
    n / words(language).lines.len() as u32
}

/// What people would type when they look for the `n`-th campaign's product line.
pub(crate) fn keyword(language: Language, n: u32, hash: u64) -> String {
    let w = words(language);
    let (before, after) = (pick(mix(hash, 1), w.before), pick(mix(hash, 2), w.after));
    format!("{before}{}{after}", line(language, n).to_lowercase())
}

/// A keyword text together with the language that the advertiser wrote it in.
pub(crate) fn native(n: u32, hash: u64) -> (String, &'static str) {
    match below(hash, 3) {
        0 => (keyword(Language::Japanese, n, hash), "ja_JP"),
        1 => (keyword(Language::German, n, hash), "de_DE"),
        _ => (keyword(Language::Spanish, n, hash), "es_ES"),
    }
}

/// A search term worth excluding.
pub(crate) fn negative(hash: u64) -> &'static str {
    pick(
        hash,
        &[
            "free",
            "used",
            "cheap",
            "diy",
            "repair",
            "gratis",
            "gebraucht",
            "zubehör",
            "ersatzteil",
            "manual pdf",
            "second hand",
            "rental",
            "spare parts",
            "occasion",
            "wholesale",
            "中古",
        ],
    )
}

/// An ASIN.
pub(crate) fn asin(hash: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut asin = String::from("B0");
    for n in 0..8 {
        asin.push(DIGITS[below(mix(hash, n), 36) as usize] as char);
    }
    asin
}

/// A seller's own stock keeping unit.
pub(crate) fn sku(hash: u64) -> String {
    let letters = pick(hash, &["NLO", "KST", "OND", "BWK", "HLB", "TKS", "VV", "FB"]);
    format!(
        "{letters}-{:05}-{}",
        below(mix(hash, 3), 100_000),
        pick(mix(hash, 4), &["S", "M", "L", "XL", "BLK", "RED"])
    )
}
