/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scan.h: who is on the bus: what primary and secondary scans share. */
#pragma once

#include "talk.h"

G_BEGIN_DECLS

/* The choices of the scan settings. */
typedef enum { MBUS_SCAN_SECONDARY, MBUS_SCAN_PRIMARY, MBUS_SCAN_REVERSE } MbusScanMode;
typedef enum { MBUS_CONFIRM_AUTO, MBUS_CONFIRM_YES, MBUS_CONFIRM_NO } MbusConfirm;

/* One scan on its way. */
typedef struct {
    const MbusChannel *channel;
    MgCall *call;
    MgLine *line;
    GByteArray *frame;   /* the latest answer */
    gint64 first_us;     /* longest wait for an answer; 0: the line's */
    MbusAddress present; /* what is being asked */
} MbusScan;

/* What came back. */
typedef enum {
    MBUS_SCAN_FAILED, /* the line is lost, or the scan was cancelled: `error` is set */
    MBUS_SCAN_SILENCE,
    MBUS_SCAN_ACK,
    MBUS_SCAN_TELEGRAM,
    MBUS_SCAN_CHECKSUM, /* one frame from start to stop, but its sum is wrong */
    MBUS_SCAN_GARBLED
} MbusScanOutcome;

/** One request and what comes back, counted and shown in the transcript where it was not good. */
MbusScanOutcome mbus_scan_exchange (MbusScan *scan, const guint8 *request, gsize len, MbusFrame *answer,
                                    GError **error);

/**
 * Something came that no single meter sends: it is shown, and the end of the noise waited for.
 *
 * Returns: `outcome`, or MBUS_SCAN_FAILED
 */
MbusScanOutcome mbus_scan_garbled (MbusScan *scan, MbusScanOutcome outcome, const char *message, GError **error);

/** REQ_UD2 with FCB = 1 to an address; asked again once after a wrong checksum, with the same bit. */
MbusScanOutcome mbus_scan_request (MbusScan *scan, guint8 a, MbusFrame *answer, GError **error);

/** Waits until nothing is on its way any more. */
gboolean mbus_scan_settle (MbusScan *scan, GError **error);

/** Hands over who answered at `address`. */
void mbus_scan_found (MbusScan *scan, const MbusAddress *address, const MbusTelegram *telegram);

/** Who a telegram says that the meter is, and the telegram itself, into `found`. */
void mbus_found_identify (MgFound *found, const MbusTelegram *telegram, const GByteArray *frame);

/** Searches by secondary address within `mask`. */
gboolean mbus_scan_secondary (MbusScan *scan, const MgConfig *options, gboolean reverse, GError **error);

gboolean mbus_scan (gpointer self, const MgConfig *options, MgCall *call, GError **error);

G_END_DECLS
