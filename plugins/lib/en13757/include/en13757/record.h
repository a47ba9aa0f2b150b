/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.h: data records of EN 13757-3, clause 6: bytes to exact values. Pure: allocates nothing, keeps nothing, any
 * thread. */
#pragma once

#include <en13757/vif.h>

G_BEGIN_DECLS

/* At most so many DIFEs behind a DIF and VIFEs behind a VIF (EN 13757-3, 6.3.5 and 6.4.2). */
#define EN_CHAIN_MAX 10u

/**
 * EnStop: why a reader stopped.
 */
typedef enum {
    EN_STOP_END = 0,       /* all bytes were read */
    EN_STOP_TRUNCATED = 1, /* the bytes end within a record */
    EN_STOP_TOO_MANY_DIFE = 2,
    EN_STOP_TOO_MANY_VIFE = 3,
    EN_STOP_DIF = 4, /* a DIF that the norm reserves: how long its record is cannot be known */
    EN_STOP_LVAR = 5 /* an LVAR that the norm reserves: the same */
} EnStop;

/**
 * EnReader: where the reading of a telegram's records stands. Initialise it with EN_READER ().
 */
typedef struct {
    const guint8 *at; /* the next byte; after a stop: the first byte of the record that could not be read */
    const guint8 *end;
    gboolean msb_first;   /* mode 2: numbers, dates and texts have their first byte in front */
    gboolean more_follow; /* DIF 1F was there: the rest is in the next telegram */
    EnStop stop;
} EnReader;

#define EN_READER(bytes, len, msb_first)                                                                               \
    {                                                                                                                  \
        (bytes), (bytes) + (len), (msb_first), FALSE, EN_STOP_END                                                      \
    }

/**
 * EnRecordFlags: what a record is, beside its number.
 */
typedef enum {
    EN_RECORD_MANUFACTURER = 1, /* DIF 0F or 1F: manufacturer data up to the end, in wire order */
    EN_RECORD_TEXT = 2,         /* the value's bytes are text, ISO 8859-1: en_record_text () makes it readable */
    EN_RECORD_MSB_FIRST = 4,    /* read in mode 2 */
    EN_RECORD_MAKER_CHAIN = 8,  /* a VIF 7F or a VIFE FF is in the chain */
    EN_RECORD_TIME_OF_DAY = 16, /* type J: the number is seconds since midnight */
    EN_RECORD_DATE_VIFE = 32,   /* a VIFE made it a date */
    EN_RECORD_PLAIN = 64,       /* plain text unit */
    EN_RECORD_LEVEL2 = 128,     /* the true VIF is of the table FD FD */
    EN_RECORD_EXTENSION = 256   /* the true VIF is in the table that vif_code names */
} EnRecordFlags;

/**
 * EnRecord: one data record. All pointers are into the telegram.
 *
 * `value` is exact: a decimal in the unit of the VIF without prefix, a time, or bytes. Bytes with MG_VALUE_UNFIT are
 * what is no number (BCD with letters, NaN, most negative integer, a date that does not exist); `quality` says so.
 */
typedef struct {
    const guint8 *raw;       /* first byte of the DIF */
    const guint8 *data;      /* first byte of the data, behind an LVAR */
    const EnVif *vif;        /* row of the true VIF */
    const guint8 *vife;      /* the VIFEs behind the true VIF */
    const guint8 *unit_text; /* plain text unit as sent: last character first, except in mode 2; NULL: none */
    MgValue value;
    guint64 storage;  /* 0..2^41 - 1 */
    guint32 tariff;   /* 0..2^20 - 1 */
    guint16 subunit;  /* 0..1023 */
    guint16 raw_len;  /* DIF to the last data byte */
    guint16 head_len; /* DIF to the last VIFE or text byte, without LVAR */
    guint16 data_len;
    guint16 quality; /* MgQuality */
    guint16 flags;   /* EnRecordFlags */
    guint8 func;     /* MgFunc: bits 5 and 4 of the DIF */
    guint8 vif_code; /* the byte of the VIF, without extension bit: 7B and 7D for the extension tables */
    guint8 code;     /* the true VIF's code as it stands in a key, with EN_RECORD_EXTENSION */
    guint8 n_vife;   /* bytes in vife */
    guint8 unit_text_len;
} EnRecord;

/**
 * Reads the next record; fillers (2F) are skipped.
 *
 * A telegram of more than 65,535 bytes must be cut by the caller.
 *
 * Returns: FALSE at the end or at a fault; `reader->stop` says which.
 */
gboolean en_record_next (EnReader *reader, EnRecord *record);

/**
 * Reads up to `max` records.
 *
 * Returns: how many; fewer than `max` when the end or a fault was reached.
 */
guint en_records_read (EnReader *reader, EnRecord *records, guint max);

/* The most records that `len` bytes can hold: a DIF without data and a VIF each, then manufacturer data. */
#define EN_RECORDS_MAX(len) ((len) / 2u + 1u)

/* Bytes that the text of one record takes as UTF-8, with the NUL. */
#define EN_TEXT_MAX 384u

/**
 * Makes text of a record with EN_RECORD_TEXT, in reading order, as UTF-8.
 *
 * Returns: its length without the NUL.
 */
gsize en_record_text (const EnRecord *record, char text[EN_TEXT_MAX]);

/**
 * Makes text of a plain text unit, in reading order, as UTF-8; "" without one.
 *
 * Returns: its length without the NUL.
 */
gsize en_record_unit_text (const EnRecord *record, char text[EN_TEXT_MAX]);

/**
 * A word for each stop: "truncated", "too-many-dife", "too-many-vife"; reserved codes are "truncated" too, since what
 * follows cannot be read. NULL for EN_STOP_END.
 */
const char *en_stop_code (EnStop stop);

/**
 * Says where a reader stopped and what was expected, for an error message; lower case, no full stop.
 *
 * @start: first byte of the records
 */
void en_stop_describe (const EnReader *reader, const guint8 *start, char *buf, gsize size);

/**
 * Types F, G, I of EN 13757-3, annex A, told apart by length (4, 2, 6), and J (3) as a decimal, seconds since midnight.
 *
 * What is no date (month 0, "every hour", any other length) comes back as bytes with MG_VALUE_UNFIT.
 */
MgValue en_time (const guint8 *p, gsize len);

G_END_DECLS
