-- What the API refuses is remembered and asked again later. Instants are microseconds since 1970 UTC.

alter table certificates add column refused_since integer; -- Since when the unit is not eligible; null when it is proved.
alter table certificates add column asked_at integer; -- When the API last said so; a sync that only remembers it leaves it.
alter table certificates add column asked_as text; -- Login and access that were refused; others are asked at once.

alter table sync_units add column refusal text; -- Since when the unit is not eligible, and when it is asked again, as JSON.
