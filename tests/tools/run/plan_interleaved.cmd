sh run_example.sh "$0"
