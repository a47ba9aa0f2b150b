/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cli.h: the commands of `metergate`. Each returns the exit code. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* Exit codes of every command. */
#define CLI_OK         0 /* done */
#define CLI_FAILED     1 /* something was wrong; the reason is on standard error, or in the answer */
#define CLI_USAGE      2 /* the command line makes no sense */
#define CLI_NO_GATEWAY 3 /* nobody answers on the socket */

/** metergate decode --protocol NAME [--plugin-dir DIR] FILE|- */
int cli_decode (int argc, char **argv);

/**
 * Opens the plugin of a protocol and finds its driver.
 *
 * @plugin_dir: where driver-PROTOCOL.so is; NULL: the folder METERGATE_PLUGIN_DIR, the build tree of this program, or
 * where plugins are installed, whichever has it first
 *
 * Returns: (transfer none): the driver's functions, which stay loaded; NULL with an error
 */
const MgDriverOps *cli_open_driver (const char *protocol, const char *plugin_dir, GError **error);

G_END_DECLS
