/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-readout.h: readouts: the readings of one device from one exchange.
 *
 * A driver fills a readout in read (), command () or decode (), where the host gives it one, or makes one with
 * mg_readout_new () and hands it over with mg_call_emit (). Until then it belongs to the thread of that call.
 * Afterwards it is immutable: it may be read from any thread, and lives as long as somebody holds a reference.
 * Everything that is put in is copied. All of it since 0.1.
 */
#pragma once

#include <metergate/mg-value.h>

G_BEGIN_DECLS

/* How a readout came about. */
typedef enum {
    MG_READOUT_LIVE = 1,       /* what the device says now */
    MG_READOUT_BACKFILL = 2,   /* out of the device's memory, of an earlier time; live values never go back to it */
    MG_READOUT_CORRECTION = 3, /* replaces what was said before, by a person or by the device */
    MG_READOUT_COMPUTED = 4,   /* made of other readings */
    MG_READOUT_GAP = 5         /* says that nothing came; made by the host only, has no readings */
} MgReadoutKind;

/* Bits of a readout's status. Bits 0-7 are the device's own status byte; above stands what it means. */
typedef enum {
    MG_STATUS_BATTERY_LOW = 1 << 8,
    MG_STATUS_ERROR = 1 << 9,      /* an error that lasts */
    MG_STATUS_ERROR_NOW = 1 << 10, /* an error that passes */
    MG_STATUS_TAMPER = 1 << 11,
    MG_STATUS_ALARM = 1 << 12
} MgStatus;

/* ---- for those who fill it */

/* A live readout of `device`, on which it holds a reference. Full: to be given to mg_call_emit (), or dropped with
 * mg_readout_unref (). */
MgReadout *mg_readout_new (MgDevice *device);

/*
 * Adds one reading and returns its number in this readout, from 0 on.
 *
 * `key` names the point FOR EVER: 1 to 64 printable ASCII bytes without blanks, made from what the protocol calls the
 * record, never from what we take it to mean. M-Bus: function.storage.tariff.subunit:VIF and VIFEs without the exponent
 * ("0.0.0.0:00"); OBIS: the code; Modbus: the register ("4x0071"). When several readings of one readout have the same
 * key ("twins"), the host adds #2, #3 ... in the order in which they came.
 *
 * `meaning` says what the protocol says and no more; it may be corrected later without touching history. `quality` is
 * of MgQuality, its low half; a value that is UNFIT gets MG_QUALITY_UNFIT by itself.
 *
 * G_MAXUINT, and nothing is added: the key is none (a critical warning, since that is a bug), or the readout has more
 * readings than any meter (65,528; it becomes a partial one). mg_readout_stamp () passes over that number.
 */
guint mg_readout_add (MgReadout *out, const char *key, const MgMeaning *meaning, MgValue value, guint32 quality);

/* This reading is of that time by the device's own clock: a due date, a maximum's time. `device_time` is an
 * MG_VALUE_TIME. */
void mg_readout_stamp (MgReadout *out, guint reading, MgValue device_time);

/* What the device's clock shows now. */
void mg_readout_set_clock (MgReadout *out, MgValue device_time);

/* The device's status byte and what it means (MgStatus). */
void mg_readout_set_status (MgReadout *out, guint32 status);

/* Who answered. Another one than known becomes an event: somebody may have exchanged the device. */
void mg_readout_set_identity (MgReadout *out, const MgIdentity *identity);

/* The telegram, for reports that show it. Several telegrams of one exchange are put behind each other; what would go
 * beyond 1 MiB is left out. */
void mg_readout_add_frame (MgReadout *out, const guint8 *bytes, gsize len);

/* The whole readout is out of the device's memory, of that time: it becomes an MG_READOUT_BACKFILL. */
void mg_readout_set_backfill (MgReadout *out, MgValue device_time);

/* The exchange broke off, but what is in the readout is good. Moves *error there (full; *error is NULL afterwards; the
 * first one is kept when it is called again) and returns TRUE, so that a driver may write: return mg_readout_partial
 * (out, error); */
gboolean mg_readout_partial (MgReadout *out, GError **error);

/* ---- for those who read it: any thread, once it has been handed over */

/* Full: one more reference, given back with mg_readout_unref (). */
MgReadout *mg_readout_ref (const MgReadout *r);

/* Gives a reference back; NULL is nothing. */
void mg_readout_unref (MgReadout *r);

/* Its number in the one sequence of readouts and events; 0 while it has none. */
gint64 mg_readout_get_seq (const MgReadout *r);

/* MgReadoutKind. */
guint32 mg_readout_get_kind (const MgReadout *r);

/* When it came, in UTC, milliseconds since 1970. */
gint64 mg_readout_get_at_ms (const MgReadout *r);

/* When it was due by its schedule, in UTC, milliseconds since 1970; 0: not by a schedule. */
gint64 mg_readout_get_due_ms (const MgReadout *r);

/* MgStatus over the device's status byte. */
guint32 mg_readout_get_status (const MgReadout *r);

/* The telegrams, or NULL when none were kept. Lives as long as the readout. */
GBytes *mg_readout_get_frame (const MgReadout *r);

/* The value; text and bytes live as long as the readout, and text has a NUL behind it. */
MgValue mg_reading_get_value (const MgReading *r);

/* MgQuality. */
guint32 mg_reading_get_quality (const MgReading *r);

/* The readout that it is in, which holds its times. */
const MgReadout *mg_reading_get_readout (const MgReading *r);

/* The time that the device gave to this reading; of type MG_VALUE_NONE when it gave none. */
MgValue mg_reading_get_device_time (const MgReading *r);

/* The record as received (DIF..VIFE, then data) and the length of its head; NULL and 0 when the driver gave none or it
 * was not kept. `len` and `head_len` may be NULL. */
const guint8 *mg_reading_get_raw (const MgReading *r, gsize *len, gsize *head_len);

G_END_DECLS
