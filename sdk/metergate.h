/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metergate.h: the plugin SDK, the only header a plugin includes.
 *
 * KINDS. A driver talks to devices and fills readouts. A format turns readouts and events into bytes, a transport hands them
 * to a receiver. A service lives with the values: server, controller, virtual meters, mirror, bot. Reserved: decoder.
 * WORDS. A device is what is mounted and answers; a meter is the place that it measures; a point is one quantity of a meter.
 * ABI
 *  A1. A struct that a plugin fills starts with struct_size (MG_INIT); the host copies MIN (its size, ours) into a zeroed one.
 *      One that the host hands out is const and may be longer than the plugin knows. Fields are only appended: initialise by
 *      name (.key = ...), so that they stay zero. Zero and NULL mean "not given" or "default", in what exists and what will.
 *  A2. Arrays of structs travel as MgTable with their element size, so elements grow in the same way.
 *  A3. What flows at run time is opaque, with accessors. By value go only MgValue, MgObis, MgTable, MgChoice, MgCursor: frozen.
 *  A4. Enum numbers are appended, never changed (the tree writes each out). Structs hold them as guint32: enum types are no ABI.
 *  A5. abi_major must be equal, abi_minor at most the host's. While the major is 0 nothing is promised: minor equal as well.
 * OWNERSHIP. What a function is given is the host's and lives until it returns; MgHost, MgService, MgConfig until destroy () has
 *  returned. What an accessor returns lives as long as its handle; to keep it, copy or _ref (). "full": ownership passes.
 *  `error` is never NULL when the host calls; FALSE (or NULL) without an error, and TRUE with one, are reported as a bug.
 * THREADS
 *  T1. A line serves one call at a time: calls over it, and for the devices behind it, never overlap, whichever channels they
 *      come from. A channel without lines counts as having one line of its own.
 *  T2. Calls over two lines of one channel MAY overlap, and successive calls MAY come on different threads. So a driver's `self`
 *      is read-only after create (), or locked; what changes lives with the line (mg_line_set_data) or the device (device_new).
 *      A driver with MG_DRIVER_ONE_LINE gets exactly one line a channel, and nothing of that channel overlaps.
 *  T3. Drivers and transports MAY BLOCK: in mg_line_* and mg_call_sleep, which obey the call's deadline and cancellable by
 *      themselves, or elsewhere with both passed on. Who is a second late is reported, then abandoned: never joined, results
 *      dropped, the line goes on with a new thread.
 *  T4. There is no main loop on the threads of drivers, formats and transports: attach no GSource there.
 *  T5. Calls for one format or one transport never overlap. A format does no I/O and asks no clock: same items, same bytes.
 *  T6. A service has its own thread and thread-default GMainContext. Its functions and the callbacks it gave to the host run
 *      there; timers and requests have ended when destroy () is called. Blocking harms only itself: it is behind for a while.
 *  T7. A plugin's own threads may call only mg_value_*, mg_cursor_*, and what is marked [any]; they end before destroy () does.
 */
#pragma once

#include <metergate/mg-base.h>
#include <metergate/mg-value.h>
#include <metergate/mg-names.h>
#include <metergate/mg-setting.h>
#include <metergate/mg-host.h>
#include <metergate/mg-call.h>
#include <metergate/mg-line.h>
#include <metergate/mg-readout.h>
#include <metergate/mg-driver.h>
#include <metergate/mg-model.h>
#include <metergate/mg-output.h>
#include <metergate/mg-service.h>
#include <metergate/mg-module.h>
