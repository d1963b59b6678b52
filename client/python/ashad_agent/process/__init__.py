"""One program of a trial.

supervisor     a small process of its own that lets nothing the program started escape
command_check  whether a command can be executed at all
child          starts a program under its supervisor, and signals it
output_reader  reads what a program prints, and passes it on
output_mux     one output shared by several programs
exit_status    what the end of a program means; the exit codes of the agent
gpus           which slot sees which GPUs
"""
