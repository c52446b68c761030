convoy-report plan.yaml -o nowhere/report.txt
