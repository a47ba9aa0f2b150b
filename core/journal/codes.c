/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* codes.c: the catalogue of the core's own events. A code stays for ever; a parameter that the text does not name is
 * added to it. */
#include <metergate.h>

#include "codes.h"

static const MgEventInfo codes[] = {
    { "gateway.started", MG_SEVERITY_INFO, "gateway started", NULL },
    { "gateway.stopped", MG_SEVERITY_INFO, "gateway stopped", NULL },
    { "gateway.safe-mode", MG_SEVERITY_ALARM, "gateway runs in safe mode: {reason}", NULL },

    { "config.loaded", MG_SEVERITY_INFO, "configuration loaded", NULL },
    { "config.problem", MG_SEVERITY_WARNING, "configuration: {reason}", NULL },
    { "config.refused", MG_SEVERITY_WARNING, "configuration refused, the last good one stays: {reason}", NULL },

    { "plugin.refused", MG_SEVERITY_WARNING, "plugin {file} refused: {reason}; {remedy}", NULL },
    { "plugin.crashed", MG_SEVERITY_ALARM, "plugin crashed the gateway in {call}", NULL },
    { "plugin.disabled", MG_SEVERITY_ALARM, "plugin is not loaded any more until a person says so", NULL },
    { "plugin.bug", MG_SEVERITY_WARNING, "plugin breaks a rule of the SDK: {what}", NULL },
    { "plugin.changed", MG_SEVERITY_WARNING, "plugin file changed after it was loaded, restart the gateway to use it",
      NULL },

    { "meter.added", MG_SEVERITY_INFO, "meter added", NULL },
    { "meter.removed", MG_SEVERITY_INFO, "meter removed", NULL },
    { "meter.exchanged", MG_SEVERITY_INFO, "device exchanged, the old one ended with {final}", NULL },
    { "meter.first-reading", MG_SEVERITY_INFO, "first readings of the new device: {first}", NULL },
    { "meter.silent", MG_SEVERITY_WARNING, "meter does not answer: {reason}", NULL },
    { "meter.returned", MG_SEVERITY_INFO, "meter answers again", "meter.silent" },
    { "meter.identity-changed", MG_SEVERITY_WARNING, "another device answers: {answers}, known was {known}", NULL },
    { "meter.fault", MG_SEVERITY_WARNING, "meter cannot be read: {reason}", NULL },
    { "point.new", MG_SEVERITY_INFO, "new point {key}", NULL },

    { "line.fault", MG_SEVERITY_WARNING, "line is down: {reason}", NULL },
    { "line.ok", MG_SEVERITY_INFO, "line is up again", "line.fault" },
    { "channel.fault", MG_SEVERITY_WARNING, "channel does not run: {reason}", NULL },
    { "channel.ok", MG_SEVERITY_INFO, "channel runs again", "channel.fault" },
    { "driver.stuck", MG_SEVERITY_ALARM, "driver is stuck and was abandoned", NULL },
    { "driver.returned", MG_SEVERITY_INFO, "a driver that was stuck came back", "driver.stuck" },

    { "report.delivered", MG_SEVERITY_INFO, "report delivered: {name}", NULL },
    { "report.retry", MG_SEVERITY_WARNING, "report not delivered, tried again later: {error}", NULL },
    { "report.set-aside", MG_SEVERITY_ALARM, "report set aside until a person says so: {error}", NULL },
    { "report.tombstone", MG_SEVERITY_ALARM, "report given up: {reason}", NULL },
    { "report.fault", MG_SEVERITY_WARNING, "report cannot be made: {error}", NULL },

    { "service.fault", MG_SEVERITY_WARNING, "service does not work: {reason}", NULL },
    { "service.ok", MG_SEVERITY_INFO, "service works again", "service.fault" },
    { "service.stuck", MG_SEVERITY_ALARM, "service does not end and was abandoned", NULL },

    { "store.disk-full", MG_SEVERITY_ALARM, "disk is full, readings wait in memory", NULL },
    { "store.disk-ok", MG_SEVERITY_INFO, "disk has room again", "store.disk-full" },
    { "store.write-failed", MG_SEVERITY_ALARM, "readings cannot be written and wait in memory: {error}", NULL },
    { "store.write-ok", MG_SEVERITY_INFO, "readings are written again", "store.write-failed" },
    { "store.refused", MG_SEVERITY_ALARM, "readings were refused, the memory for waiting ones is used up", NULL },
    { "store.quarantined", MG_SEVERITY_ALARM, "damaged database set aside as {file}: {reason}", NULL },

    { "clock.stepped", MG_SEVERITY_WARNING, "clock stepped by {shift_ms} ms", NULL },
    { "clock.synchronised", MG_SEVERITY_INFO, "clock is synchronised", NULL },

    { "journal.dropped", MG_SEVERITY_ALARM, "{count} events at start were lost", NULL },
};

const MgTable journal_core_codes = MG_TABLE (codes);
