/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-model.h: meters, points and values as formats and services see them.
 *
 * All of these are immutable and may be read from any thread. What an accessor returns lives as long as its object.
 * Texts are UTF-8 and never NULL unless it is said. All of it since 0.1.
 */
#pragma once

#include <metergate/mg-driver.h>

G_BEGIN_DECLS

/* ---- meters: metering places, which outlive the devices mounted there */

/* The gateway's number of the meter, never given to another one. */
guint32 mg_meter_get_id (const MgMeter *m);

/* 32 hexadecimal digits that stay with the meter over backup, restore and another gateway. */
const char *mg_meter_get_uid (const MgMeter *m);

/* What a person calls it; "" when nobody has named it. */
const char *mg_meter_get_label (const MgMeter *m);

/* The address of the device that is mounted now, in its one normal form. */
const char *mg_meter_get_address (const MgMeter *m);

/* The channel that reads it: "mbus1". */
const char *mg_meter_get_channel (const MgMeter *m);

/* What the device that is mounted now said of itself; its fields may be NULL or 0. */
const MgIdentity *mg_meter_get_identity (const MgMeter *m);

/* The values of the tag `key`, NULL-ended, never NULL itself: panel=east gives "east", a tag without "=" gives "". */
const char *const *mg_meter_get_tags (const MgMeter *m, const char *key);

/* The commands that the device offers, i from 0 on; NULL: that were all. */
const MgCommand *mg_meter_get_command (const MgMeter *m, guint i);

/* How many points there are, 0..n-1. Points are only appended: an index never changes its point. */
guint mg_meter_get_n_points (const MgMeter *m);

/* The point of that index, or NULL. */
const MgPoint *mg_meter_get_point (const MgMeter *m, guint index);

/* The point of that key (mg_readout_add ()), or NULL. */
const MgPoint *mg_meter_find_point (const MgMeter *m, const char *key);

/* ---- points */

guint mg_point_get_index (const MgPoint *p);

/* The key that the driver guarantees for ever. */
const char *mg_point_get_key (const MgPoint *p);

/* What a person calls it; "" when nobody has named it. */
const char *mg_point_get_label (const MgPoint *p);

/* FALSE: a person switched it off; it is left out unless a selector says active:all. */
gboolean mg_point_is_active (const MgPoint *p);

/* The unit as people write it: "Wh", "m³", "EUR"; "" where it has none. Values are in this unit, without a prefix. */
const char *mg_point_get_unit (const MgPoint *p);

/* As mg_meter_get_tags (), the point's own ones. */
const char *const *mg_point_get_tags (const MgPoint *p, const char *k);

/* What its values mean, as a person corrected it; without raw. */
const MgMeaning *mg_point_get_meaning (const MgPoint *p);

/* ---- selectors */

/*
 * Is this point meant? `point` NULL: is any point of the meter meant (or, when it has none yet, the meter)? `s` NULL:
 * all that is active.
 *
 * A selector is a text of words apart by blanks, each of the form name:value. Words of different names must all be
 * true, of words with the same name one is enough; a value with blanks stands in quotation marks. `*` stands for any
 * run of characters, `?` for one. The empty text and `*` mean everything active. tag:panel=east    the meter or the
 * point has this tag; tag:panel: with whatever value meter:"Main hall" the meter's label, or its uid channel:mbus1 the
 * meter's channel medium:heat       the point's medium, or its meter's; by name or number quantity:power.*  the point's
 * quantity, here "power" and all that is a power key:0.0.0.0:00    the point's key active:all        also what was
 * switched off; active:no: only that
 */
gboolean mg_selector_matches (const MgSelector *s, const MgMeter *meter, const MgPoint *point);

/* ---- the live state of one meter: immutable, all of one moment, never torn */

const MgMeter *mg_meter_now_get_meter (const MgMeterNow *now);

/* It did not answer for some cycles; its readings are old. */
gboolean mg_meter_now_is_silent (const MgMeterNow *now);

/* The last reading of the point with that index; NULL: never read. */
const MgReading *mg_meter_now_get_reading (const MgMeterNow *now, guint index);

/* Full: one more reference, given back with mg_meter_now_unref (). */
MgMeterNow *mg_meter_now_ref (const MgMeterNow *now);

/* Gives a reference back; NULL is nothing. */
void mg_meter_now_unref (MgMeterNow *now);

/* ---- items: entries of the one sequence, a readout cut down to what was selected, or an event */

/* Its number: rises, is never used again. */
gint64 mg_item_get_seq (const MgItem *item);

/* Frees an item that came full; NULL is nothing. */
void mg_item_free (MgItem *item);

/* The readout, for its times, kind and status; NULL: this is an event. */
const MgReadout *mg_item_get_readout (const MgItem *item);

/* The event; NULL: this is a readout. */
const MgEvent *mg_item_get_event (const MgItem *item);

/* The meter that it is of; NULL: an event of the gateway itself. */
const MgMeter *mg_item_get_meter (const MgItem *item);

/* How many readings were selected; 0 for an event and for a gap. */
guint mg_item_get_n_readings (const MgItem *item);

/* The i-th of them in the order of the readout, or NULL. */
const MgReading *mg_item_get_reading (const MgItem *item, guint i);

/* The point of the i-th of them, or NULL. */
const MgPoint *mg_item_get_point (const MgItem *m, guint i);

/* ---- events */

/* When it happened, in UTC, milliseconds since 1970. */
gint64 mg_event_get_at_ms (const MgEvent *e);

/* What happened, as a stable code: "meter.silent". */
const char *mg_event_get_code (const MgEvent *e);

/* MgSeverity (mg-module.h). */
guint32 mg_event_get_severity (const MgEvent *e);

/* A parameter by its name, as text; "subject" ("meter:17") and "actor" ("user:anna") are always there. NULL: it has
 * none so called. */
const char *mg_event_get_param (const MgEvent *e, const char *name);

/* The text for people, from the catalogue, in the gateway's language. */
const char *mg_event_get_text (const MgEvent *e);

G_END_DECLS
