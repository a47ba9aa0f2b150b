/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-base.h: the first things every plugin meets: opaque types, errors, tables, the bounds-checked cursor.
 *
 * Everything here is there since 0.1. What belongs to all headers, ownership, threads and the ABI rules, stands in
 * metergate.h.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The ABI that these headers describe. MG_MODULE_DEFINE puts both numbers into the module; while the major is 0 both
 * must be equal to the host's. */
#define MG_ABI_MAJOR 0u
#define MG_ABI_MINOR 1u

/* What a plugin only ever holds a pointer to, with the header that has its functions. */
typedef struct _MgHost MgHost;               /* the gateway as one instance sees it; mg-host.h */
typedef struct _MgConfig MgConfig;           /* checked settings; mg-setting.h */
typedef struct _MgCall MgCall;               /* the circumstances of one call into a plugin; mg-call.h */
typedef struct _MgLine MgLine;               /* a byte pipe to the outside; mg-line.h */
typedef struct _MgDevice MgDevice;           /* what is mounted and answers; mg-driver.h */
typedef struct _MgReadout MgReadout;         /* the readings of one device from one exchange; mg-readout.h */
typedef struct _MgReading MgReading;         /* one value of one point at one time; mg-readout.h */
typedef struct _MgFound MgFound;             /* what a scan found; mg-driver.h */
typedef struct _MgCommandCall MgCommandCall; /* one command on its way to a device; mg-driver.h */
typedef struct _MgMeter MgMeter;             /* a metering place; mg-model.h */
typedef struct _MgPoint MgPoint;             /* one quantity of a meter; mg-model.h */
typedef struct _MgMeterNow MgMeterNow;       /* the live state of one meter; mg-model.h */
typedef struct _MgItem MgItem;               /* an entry of the one sequence of readouts and events; mg-model.h */
typedef struct _MgEvent MgEvent;             /* something that happened; mg-model.h */
typedef struct _MgSelector MgSelector;       /* which meters and points are meant; mg-model.h */
typedef struct _MgOutput MgOutput;           /* what a format writes to; mg-output.h */
typedef struct _MgDelivery MgDelivery;       /* what a transport hands over; mg-output.h */
typedef struct _MgService MgService;         /* the host's side of a service; mg-service.h */

/* ---- errors */

/* The one error domain. [any thread] */
#define MG_ERROR (mg_error_quark ())
GQuark mg_error_quark (void);

/*
 * The code tells the host what to do. The message tells a person what failed, with which values, and why: lower case,
 * in the protocol's own notation, no full stop; each layer puts its name in front once: "modbus unit 17: register
 * 40071: exception 2 (illegal data address)". A call that was cancelled fails with G_IO_ERROR_CANCELLED, which has no
 * code here.
 */
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

/* ---- tables and structs that cross */

/* A constant array of structs with the size of its elements, so that elements may grow in later versions (metergate.h,
 * A2). */
typedef struct {
    const void *items;
    guint32 n_items;
    guint32 item_size; /* bytes */
} MgTable;

/* An initialiser for an MgTable, from an array: .settings = MG_TABLE (my_settings) */
/* clang-format off */
#define MG_TABLE(array) { (array), G_N_ELEMENTS (array), sizeof ((array)[0]) }

/* An initialiser for each struct that begins with struct_size: MG_INIT (MgMeaning, .quantity = "energy") */
#define MG_INIT(Type, ...) { .struct_size = sizeof (Type), __VA_ARGS__ }
/* clang-format on */

/* ---- the bounds-checked reader */

/*
 * Reads bytes from outside and never beyond their end. After the first read that would go beyond, `failed` is set and
 * stays: every later read gives 0 or NULL, and nothing is left. So a decoder reads all it needs and looks at `failed`
 * once:
 *
 *     MgCursor c = MG_CURSOR (frame, len);
 *     guint8  control = (guint8) mg_cursor_le (&c, 1);
 *     guint64 id = mg_cursor_le (&c, 4);
 *     if (c.failed)
 *         return FALSE;
 *
 * All of its functions may be called from any thread; the bytes stay the caller's.
 */
typedef struct {
    const guint8 *at;  /* the next byte */
    const guint8 *end; /* behind the last byte */
    gboolean failed;   /* something was read beyond the end */
} MgCursor;

/* An initialiser for an MgCursor over `len` bytes. */
/* clang-format off */
#define MG_CURSOR(bytes, len) { (bytes), (bytes) + (len), FALSE }
/* clang-format on */

/* The next 1 to 8 bytes as an unsigned number, lowest byte first; 0 beyond the end. */
guint64 mg_cursor_le (MgCursor *c, gsize n_bytes);

/* The next 1 to 8 bytes as an unsigned number, highest byte first; 0 beyond the end. */
guint64 mg_cursor_be (MgCursor *c, gsize n_bytes);

/* The next n_bytes where they are (none is good too), and steps over them; NULL beyond the end. */
const guint8 *mg_cursor_take (MgCursor *c, gsize n_bytes);

/* How many bytes are left; 0 once it has failed. */
gsize mg_cursor_left (const MgCursor *c);

G_END_DECLS
