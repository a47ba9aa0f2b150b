/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-base.h: the first things every plugin meets: opaque types, errors, tables, the bounds-checked cursor. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define MG_ABI_MAJOR 0u
#define MG_ABI_MINOR 0u

typedef struct _MgHost MgHost;         typedef struct _MgConfig MgConfig;     typedef struct _MgCall MgCall;
typedef struct _MgLine MgLine;         typedef struct _MgDevice MgDevice;     typedef struct _MgReadout MgReadout;
typedef struct _MgReading MgReading;   typedef struct _MgFound MgFound;       typedef struct _MgCommandCall MgCommandCall;
typedef struct _MgMeter MgMeter;       typedef struct _MgPoint MgPoint;       typedef struct _MgMeterNow MgMeterNow;
typedef struct _MgItem MgItem;         typedef struct _MgEvent MgEvent;       typedef struct _MgSelector MgSelector;
typedef struct _MgOutput MgOutput;     typedef struct _MgDelivery MgDelivery; typedef struct _MgService MgService;
/* The code tells the host what to do. The message tells a person what failed, with which values, why: lower case, in the
 * protocol's notation, no full stop; each layer puts its name in front once. Cancellation is G_IO_ERROR_CANCELLED. */
#define MG_ERROR (mg_error_quark ())
GQuark mg_error_quark (void);
typedef enum {
    MG_ERROR_INTERNAL = 1,    /* a bug; logged with the plugin's name */
    MG_ERROR_CONFIG = 2,      /* a person must act; no retry until the configuration changes */
    MG_ERROR_IO = 3,          /* line or connection lost; closed, and opened again with back-off */
    MG_ERROR_TIMEOUT = 4,     /* no answer; repeated as configured, then the device is silent */
    MG_ERROR_PROTOCOL = 5,    /* an answer that makes no sense: checksum, length, collision; repeated */
    MG_ERROR_REFUSED = 6,     /* the other side said no; not repeated this time */
    MG_ERROR_AUTH = 7,        /* key or password missing or wrong; repeated slowly, since meters lock out */
    MG_ERROR_UNSUPPORTED = 8, /* this line or device cannot; not asked again until it is opened again */
    MG_ERROR_RANGE = 9,       /* does not fit; nothing was cut or wrapped */
    MG_ERROR_YIELD = 10,      /* from a line, in listen () only: somebody waits for the turn */
    MG_ERROR_DENIED = 11,     /* the command gate said no: right, range, rate */
    MG_ERROR_EXPIRED = 12     /* a command's time was over before it could be sent */
} MgError;
typedef struct { const void *items; guint32 n_items, item_size; } MgTable;
#define MG_TABLE(array) { (array), G_N_ELEMENTS (array), sizeof ((array)[0]) }
#define MG_INIT(Type, ...) { .struct_size = sizeof (Type), __VA_ARGS__ } /* for each struct that has a struct_size */
/* A bounds-checked reader. Past the end it returns 0 or NULL and stays `failed`: look once, afterwards. */
typedef struct { const guint8 *at, *end; gboolean failed; } MgCursor;
#define MG_CURSOR(bytes, len) { (bytes), (bytes) + (len), FALSE }
guint64 mg_cursor_le (MgCursor *c, gsize n_bytes); guint64 mg_cursor_be (MgCursor *c, gsize n_bytes); /* 1..8 bytes, unsigned */
const guint8 *mg_cursor_take (MgCursor *c, gsize n_bytes); gsize mg_cursor_left (const MgCursor *c);

G_END_DECLS
