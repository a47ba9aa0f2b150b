/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fields.h: the fields that all report formats of the concentrator share (its tables 18, 20 and 22), as texts: device
 * id, unit, scale, OBIS code, value, time. Pure; what escapes a format needs is the format's own.
 */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* room for any text below but names: a decimal needs up to 150 bytes, bytes as hex are cut to what fits */
#define FIELD_MAX 1024

/* "MAN-SSSSSSSS-VERSION-MEDIUM"; what is not known is empty between its hyphens; "" when nothing is known. full */
char *field_device_id (const MgMeter *meter);

/* The text of the unit that values are shown in, and what is to be added to the exponent of a value in our unit: the
 * second column of table 27 ("Degree C"); our own text where the table has none. `unix_times`: times are shown as Unix
 * seconds, so their unit is UTC. */
const char *field_unit (const MgPoint *point, gboolean unix_times, gint *add_exponent);

/* "1-0:1.8.0*255", or "" when none is given; buf holds FIELD_MAX */
gsize field_obis (MgObis obis, char *buf);

/* "1e-03"; buf holds FIELD_MAX */
gsize field_scale (gint exponent, char *buf);

/* Is there a value to show? Not with a quality that makes it unusable. */
gboolean field_has_value (const MgReading *reading);

/* The value times ten to the add_exponent, written out: never in E notation, exact. Not for texts. buf holds FIELD_MAX.
 */
gsize field_scaled (MgValue value, gint add_exponent, char mark, char *buf);

/* The number as the meter sent it; *exponent is what makes it a value. Times become Unix seconds. Not for texts. buf
 * holds FIELD_MAX. */
gsize field_sent (MgOutput *out, MgValue value, char *buf, gint *exponent);

/* Writes a device's time as "YYYY-MM-DD HH:MM:SS" (a date alone without the time): its face as it is, UTC in the
 * report's zone. FALSE, with nothing written, when it is no valid time. */
gboolean field_write_face (MgOutput *out, MgValue face);

/* An integer in digits, faster than printf. buf holds FIELD_MAX. */
gsize field_int (gint64 number, char *buf);

/* Is it good as it is: valid UTF-8 without control characters (but tab, line feed, carriage return)? */
gboolean field_is_clean (const char *text, gsize len);

/* Text from outside with broken UTF-8 and control characters (but tab, line feed, carriage return) replaced by U+FFFD;
 * NULL becomes "". full */
char *field_clean (const char *text, gssize len);

G_END_DECLS
