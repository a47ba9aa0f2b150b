/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* protocol.h: wired M-Bus on the wire: link frames (EN 13757-2), transport headers (EN 13757-7). Pure: no I/O, no
 * clock, no memory. */
#pragma once

#include <en13757/meaning.h>

G_BEGIN_DECLS

#define MBUS_FRAME_MAX   261u /* 68 L L 68, 255 bytes, checksum, 16 */
#define MBUS_RECORDS_MAX EN_RECORDS_MAX (252u)

/* A field: addresses with a meaning of their own. */
#define MBUS_ADDRESS_SELECTED  0xFDu /* the meter selected by secondary address */
#define MBUS_ADDRESS_ANY       0xFEu /* whoever is there answers: one meter on the bus */
#define MBUS_ADDRESS_BROADCAST 0xFFu /* everybody, nobody answers */

/* C field of what a master sends. FCB is or-ed in where FCV (10) is set. */
#define MBUS_C_SND_NKE 0x40u
#define MBUS_C_SND_UD  0x53u
#define MBUS_C_REQ_UD1 0x5Au
#define MBUS_C_REQ_UD2 0x5Bu
#define MBUS_C_FCB     0x20u

/**
 * MbusFault: what is wrong with bytes; mbus_fault_code () gives the word for it.
 */
typedef enum {
    MBUS_OK = 0,
    MBUS_FAULT_START,  /* no E5, 10, 68; no second 68 */
    MBUS_FAULT_LENGTH, /* shorter or longer than the frame says, two L that differ, L below 3 */
    MBUS_FAULT_CHECKSUM,
    MBUS_FAULT_STOP,      /* no 16 at the end */
    MBUS_FAULT_CI,        /* a CI that is no answer of a meter */
    MBUS_FAULT_TRUNCATED, /* ends within header or record */
    MBUS_FAULT_DIFE,
    MBUS_FAULT_VIFE,
    MBUS_FAULT_APPLICATION, /* the meter reports an application error */
    MBUS_FAULT_ENCRYPTED    /* part of the records, or all, are encrypted */
} MbusFault;

typedef enum { MBUS_ACK = 1, MBUS_SHORT, MBUS_LONG /* control frames too */ } MbusFrameKind;

/**
 * MbusFrame: one link frame. `data` is what stands between CI and checksum.
 */
typedef struct {
    MbusFrameKind kind;
    guint8 c, a, ci;
    const guint8 *data;
    gsize len;
    /* with a fault: which byte (0: all of them, got and want are lengths), what was there, what was expected */
    gsize at;
    guint got, want;
} MbusFrame;

/**
 * Takes a link frame apart (EN 13757-2, 5.2 to 5.4; FT 1.2).
 *
 * `len` must be that of the frame: bytes behind the stop byte are MBUS_FAULT_LENGTH.
 */
MbusFault mbus_frame_parse (const guint8 *bytes, gsize len, MbusFrame *frame);

/**
 * How long the frame is that begins with these bytes; for MgFraming.size.
 *
 * Returns: its length; 0 when more bytes are needed to tell; -1 when no frame begins with the first byte
 */
gssize mbus_frame_size (const guint8 *bytes, gsize len);

/**
 * Writes a short frame 10 C A CS 16.
 *
 * Returns: 5
 */
gsize mbus_frame_write_short (guint8 out[5], guint8 c, guint8 a);

/**
 * Writes a long frame, or a control frame when `len` is 0.
 *
 * @len: 0..252
 *
 * Returns: the length of the frame; 0 if `len` is too big
 */
gsize mbus_frame_write_long (guint8 out[MBUS_FRAME_MAX], guint8 c, guint8 a, guint8 ci, const guint8 *data, gsize len);

typedef enum {
    MBUS_RECORDS = 1,    /* variable data */
    MBUS_FIXED = 2,      /* fixed data structure */
    MBUS_ALARM = 3,      /* alarm byte */
    MBUS_APPLICATION = 4 /* application error */
} MbusTelegramKind;

/**
 * MbusTelegram: what a frame of a meter carries, behind its transport header (EN 13757-7, 7).
 */
typedef struct {
    MbusTelegramKind kind;
    guint8 ci;
    gboolean msb_first;    /* mode 2 */
    gboolean has_identity; /* id is there */
    gboolean has_maker;    /* manufacturer and version are there: long header */
    gboolean has_status;   /* access and status are there */
    guint32 id;            /* 8 BCD digits; some meters send letters */
    guint16 manufacturer;  /* 0x2C2D: KAM */
    guint8 version, medium, access, status;
    guint16 config;     /* configuration field, once "signature" */
    guint8 mode;        /* security mode; 0: plain */
    const guint8 *data; /* records behind the encrypted part; fixed data; alarm or error byte */
    gsize len;
    gsize encrypted_len; /* bytes in front of `data` that are encrypted */
} MbusTelegram;

/**
 * Takes a long frame apart: header, security, where the records are.
 *
 * An encrypted telegram is no fault here: `encrypted_len` says so. MBUS_FAULT_APPLICATION is returned by
 * mbus_telegram_check ().
 *
 * Returns: MBUS_OK, MBUS_FAULT_CI or MBUS_FAULT_TRUNCATED
 */
MbusFault mbus_telegram_parse (const MbusFrame *frame, MbusTelegram *telegram);

/**
 * Reads the plain records of a telegram.
 *
 * @reader: initialised here; look at its `stop` and `more_follow` afterwards
 *
 * Returns: how many
 */
guint mbus_telegram_read (const MbusTelegram *telegram, EnReader *reader, EnRecord *records, guint max);

/** Says what ended the reading, in this order: the reader's stop, encrypted parts, an application error. */
MbusFault mbus_telegram_check (const MbusTelegram *telegram, const EnReader *reader);

/** The id as printed on the meter: "06855817"; letters where the meter sends such. */
void mbus_telegram_id (const MbusTelegram *telegram, char id[9]);

/** "KAM" for 0x2C2D. */
void mbus_manufacturer (guint16 code, char text[4]);

/** "start", "checksum" ...: a stable word for a fault, as `metergate decode` prints it; NULL for MBUS_OK. */
const char *mbus_fault_code (MbusFault fault);

/** Whether readings before the fault are good, so that the readout is partial and not refused. */
gboolean mbus_fault_keeps_readings (MbusFault fault);

/** What the host shall do about a fault: AUTH for encrypted telegrams, REFUSED for application errors, else PROTOCOL. */
MgError mbus_fault_error (MbusFault fault);

/** Says what is wrong with a frame: which byte, what was expected; lower case, no full stop. */
void mbus_frame_describe (const MbusFrame *frame, MbusFault fault, char *buf, gsize size);

/** Says what ended the reading of a telegram. */
void mbus_telegram_describe (const MbusTelegram *telegram, const EnReader *reader, MbusFault fault, char *buf,
                             gsize size);

/** Text of an application error byte (EN 13757-3, table 13): "application busy". */
const char *mbus_application_error (guint8 code);

/**
 * A frame of a meter into a readout, in one step: identity, status, readings; for read () and decode ().
 *
 * @more: set to whether another telegram follows; may be NULL
 * @message: what was wrong, in words; at least 128 bytes
 *
 * Returns: MBUS_OK; a fault of the link layer or the CI adds nothing; after any other fault what could be read is in
 * `out`
 */
MbusFault mbus_readout_add (MgReadout *out, const guint8 *bytes, gsize len, gboolean *more, char *message,
                            gsize message_size);

G_END_DECLS
